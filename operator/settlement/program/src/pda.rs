//! Accounts at addresses that only this program can sign for.

use crate::{
    checks::{ensure, is, owned_by, same},
    generated::{Error, SEED_AUTHORITY},
    hash::sha256,
    system::{self, NewAccount},
};
use pinocchio::{
    address::PDA_MARKER,
    cpi::{Seed, Signer},
    AccountView, Address, ProgramResult,
};

const MAX_SEEDS: usize = 4;

/// An account to be made at the address of the seeds.
pub struct Creation<'a> {
    pub program_id: &'a Address,
    pub seeds: &'a [&'a [u8]],
    pub account: &'a AccountView,
    pub payer: &'a AccountView,
    pub owner: &'a Address,
    pub size: usize,
}

impl Creation<'_> {
    /// Makes it and tells the bump. Fails where an account is already: what was written there once
    /// cannot be begun anew.
    #[inline(never)]
    pub fn run(&self, bump: &mut u8) -> ProgramResult {
        let (address, found) = find(self.seeds, self.program_id);
        is(self.account, &address)?;
        ensure(!exists(self.account), Error::AlreadyExists)?;
        *bump = found;
        let bump_seed = [found];
        // Empty seeds behind the bump change nothing: seeds are hashed one after the other.
        let mut seeds: [Seed; MAX_SEEDS] = core::array::from_fn(|_| Seed::from(&[][..]));
        for (slot, seed) in seeds
            .iter_mut()
            .zip(self.seeds.iter().chain([&&bump_seed[..]]))
        {
            *slot = Seed::from(*seed);
        }
        NewAccount {
            account: self.account,
            payer: self.payer,
            owner: self.owner,
            size: u32::try_from(self.size).map_err(|_| Error::Overflow)?,
        }
        .create(&[Signer::from(&seeds)])
    }
}

/// The first address of the seeds that is no public key, and its bump: as the runtime defines it, for a
/// fifth of what the runtime's own search costs. When an account is made there, the runtime derives
/// it again.
pub fn find(seeds: &[&[u8]], program_id: &Address) -> (Address, u8) {
    for bump in (0..=u8::MAX).rev() {
        let bump_seed = [bump];
        let mut parts = [&[][..]; MAX_SEEDS + 2];
        let behind = [&bump_seed, program_id.as_ref(), PDA_MARKER];
        for (part, bytes) in parts.iter_mut().zip(seeds.iter().copied().chain(behind)) {
            *part = bytes;
        }
        let address = Address::new_from_array(sha256(&parts));
        if !address.is_on_curve() {
            return (address, bump);
        }
    }
    (Address::default(), 0)
}

/// Whether some program has an account there.
pub fn exists(account: &AccountView) -> bool {
    !owned_by(account, &system::ID) || !account.is_data_empty()
}

/// Signs as the owner of all vaults.
#[inline(always)]
pub fn as_authority<T>(bump: u8, then: impl FnOnce(&[Signer]) -> T) -> T {
    let bump = [bump];
    let seeds = [Seed::from(SEED_AUTHORITY), Seed::from(&bump)];
    then(&[Signer::from(&seeds)])
}

/// Gives an account back to the system and its rent to `receiver`. The runtime clears its data.
pub fn close(account: &mut AccountView, receiver: &mut AccountView) -> ProgramResult {
    let is_other = !same(account.address(), receiver.address());
    ensure(is_other, Error::WrongAccount)?;
    let lamports = receiver.lamports().checked_add(account.lamports());
    receiver.set_lamports(lamports.ok_or(Error::Overflow)?);
    account.set_lamports(0);
    account.close()
}
