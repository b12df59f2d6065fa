//! The SPL Token program: what we ask of it, and what we read from its accounts. The program that is
//! called is a constant: no account can name another one.

use crate::{
    checks::{ensure, owned_by, same, some_amount},
    cpi::{invoke, Passed},
    generated::Error,
    layout::U64,
    pda::as_authority,
};
use pinocchio::{cpi::Signer, error::ProgramError, AccountView, Address, ProgramResult};

pub use crate::generated::TOKEN_PROGRAM as ID;
pub const ACCOUNT_SIZE: usize = 165;
const MINT_SIZE: usize = 82;

const TRANSFER: u8 = 3;
const BURN: u8 = 8;
const INITIALIZE_ACCOUNT_3: u8 = 18;

/// Tokens on their way from one account to another, or out of the world.
pub struct Move<'a> {
    pub from: &'a AccountView,
    pub to: &'a AccountView,
    pub owner: &'a AccountView,
    pub amount: u64,
}

impl Move<'_> {
    /// Takes in what its owner, who signed the transaction, gives.
    pub fn take(&self) -> ProgramResult {
        some_amount(self.amount)?;
        self.run(TRANSFER, &[])
    }

    /// Pays out of a vault.
    pub fn pay(&self, authority_bump: u8) -> ProgramResult {
        as_authority(authority_bump, |signers| self.run(TRANSFER, signers))
    }

    /// Burns tokens of a vault; `to` is the mint, whose supply falls.
    pub fn burn(&self, authority_bump: u8) -> ProgramResult {
        as_authority(authority_bump, |signers| self.run(BURN, signers))
    }

    #[inline(never)]
    fn run(&self, tag: u8, signers: &[Signer]) -> ProgramResult {
        let [a, b, c, d, e, f, g, h] = self.amount.to_le_bytes();
        let passed = [
            Passed::writable(self.from),
            Passed::writable(self.to),
            Passed::signer(self.owner),
        ];
        invoke(&ID, &[tag, a, b, c, d, e, f, g, h], &passed, signers)
    }
}

/// Makes a new account of the token program one that `owner` decides about.
pub fn initialize_account(
    account: &AccountView,
    mint: &AccountView,
    owner: &Address,
) -> ProgramResult {
    let mut data = [INITIALIZE_ACCOUNT_3; 33];
    if let Some(bytes) = data.last_chunk_mut() {
        *bytes = owner.to_bytes();
    }
    let passed = [Passed::writable(account), Passed::readonly(mint)];
    invoke(&ID, &data, &passed, &[])
}

/// The fields of a token account that we ask for.
#[repr(C)]
pub struct TokenAccount {
    pub mint: Address,
    pub owner: Address,
    pub amount: U64,
    rest: [u8; 93],
}

/// Looks into a token account. Whether it may move is the token program's to say.
pub fn read<T>(
    account: &AccountView,
    then: impl FnOnce(&TokenAccount) -> T,
) -> Result<T, ProgramError> {
    const { assert!(size_of::<TokenAccount>() == ACCOUNT_SIZE && align_of::<TokenAccount>() == 1) };
    ensure(owned_by(account, &ID), Error::WrongOwner)?;
    let data = account.try_borrow()?;
    ensure(data.len() == ACCOUNT_SIZE, Error::WrongTokenAccount)?;
    // SAFETY: the length was checked; all fields are bytes.
    Ok(then(unsafe { &*data.as_ptr().cast() }))
}

/// A payment must not end in a vault, where nobody would account for it.
pub fn outside(destination: &AccountView, authority: &Address) -> ProgramResult {
    let is_vault = read(destination, |account| same(&account.owner, authority))?;
    ensure(!is_vault, Error::VaultAsDestination)
}

/// The account is a mint with so many decimals.
pub fn check_mint(mint: &AccountView, decimals: u8) -> ProgramResult {
    const DECIMALS: usize = 44;
    ensure(owned_by(mint, &ID), Error::WrongOwner)?;
    let data = mint.try_borrow()?;
    let fits = data.len() == MINT_SIZE && data.get(DECIMALS) == Some(&decimals);
    ensure(fits, Error::WrongMint)
}
