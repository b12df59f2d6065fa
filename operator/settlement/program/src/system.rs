//! The system program: what makes accounts.

use crate::cpi::{invoke, Passed};
use pinocchio::{
    cpi::Signer,
    error::ProgramError,
    sysvars::{get_sysvar, rent::RENT_ID},
    AccountView, Address, ProgramResult,
};

pub use crate::generated::SYSTEM_PROGRAM as ID;

const CREATE_ACCOUNT: u8 = 0;
const ASSIGN: u8 = 1;
const TRANSFER: u8 = 2;
const ALLOCATE: u8 = 8;
/// What the runtime keeps about an account besides its data.
const OVERHEAD_BYTES: u64 = 128;
/// Rent has never been near this; below it the product fits.
const MOST_LAMPORTS_PER_BYTE: u64 = 1 << 40;

/// An account to be made; `payer` covers its rent.
pub struct NewAccount<'a> {
    pub account: &'a AccountView,
    pub payer: &'a AccountView,
    pub owner: &'a Address,
    pub size: u32,
}

impl NewAccount<'_> {
    /// Makes it, also where somebody sent lamports to its address beforehand.
    #[inline(always)]
    pub fn create(&self, signers: &[Signer]) -> ProgramResult {
        let rent = self.rent()?;
        if self.account.lamports() == 0 {
            return self.create_at_once(rent, signers);
        }
        let missing = rent.saturating_sub(self.account.lamports());
        if missing > 0 {
            self.transfer(missing)?;
        }
        self.allocate(signers)?;
        self.assign(signers)
    }

    fn rent(&self) -> Result<u64, ProgramError> {
        let mut bytes = [0; 8];
        get_sysvar(&mut bytes, &RENT_ID, 0)?;
        let lamports_per_byte = u64::from_le_bytes(bytes).min(MOST_LAMPORTS_PER_BYTE);
        // Wrapping only in name: both factors are small, and a checked product of two variables is
        // not to be had from the back end.
        let size = u64::from(self.size).wrapping_add(OVERHEAD_BYTES);
        Ok(lamports_per_byte.wrapping_mul(size))
    }

    #[inline(always)]
    fn create_at_once(&self, rent: u64, signers: &[Signer]) -> ProgramResult {
        let mut data = [0; 52];
        data[0] = CREATE_ACCOUNT;
        data[4..12].copy_from_slice(&rent.to_le_bytes());
        data[12..16].copy_from_slice(&self.size.to_le_bytes());
        data[20..].copy_from_slice(self.owner.as_ref());
        let passed = [
            Passed::writable_signer(self.payer),
            Passed::writable_signer(self.account),
        ];
        invoke(&ID, &data, &passed, signers)
    }

    #[inline(always)]
    fn transfer(&self, lamports: u64) -> ProgramResult {
        let mut data = [0; 12];
        data[0] = TRANSFER;
        data[4..].copy_from_slice(&lamports.to_le_bytes());
        let passed = [
            Passed::writable_signer(self.payer),
            Passed::writable(self.account),
        ];
        invoke(&ID, &data, &passed, &[])
    }

    #[inline(always)]
    fn allocate(&self, signers: &[Signer]) -> ProgramResult {
        let mut data = [0; 12];
        data[0] = ALLOCATE;
        data[4..8].copy_from_slice(&self.size.to_le_bytes());
        invoke(
            &ID,
            &data,
            &[Passed::writable_signer(self.account)],
            signers,
        )
    }

    #[inline(always)]
    fn assign(&self, signers: &[Signer]) -> ProgramResult {
        let mut data = [0; 36];
        data[0] = ASSIGN;
        data[4..].copy_from_slice(self.owner.as_ref());
        invoke(
            &ID,
            &data,
            &[Passed::writable_signer(self.account)],
            signers,
        )
    }
}
