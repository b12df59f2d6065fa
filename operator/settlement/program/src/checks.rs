//! What has to hold before anything is done.

use crate::generated::{accounts::Config, Error};
use pinocchio::{error::ProgramError, AccountView, Address, ProgramResult};

/// The account signed.
pub fn signer(account: &AccountView) -> ProgramResult {
    ensure(account.is_signer(), Error::MissingSignature)
}

/// The account is the program that we call.
pub fn program(account: &AccountView, id: &Address) -> ProgramResult {
    ensure(same(account.address(), id), Error::WrongProgram)
}

/// The account is the one that the state names.
pub fn is(account: &AccountView, address: &Address) -> ProgramResult {
    ensure(same(account.address(), address), Error::WrongAccount)
}

/// The signer is who holds the role, or owns the stake.
pub fn holds(signer: &AccountView, holder: &Address) -> ProgramResult {
    ensure(same(signer.address(), holder), Error::WrongAuthority)
}

pub fn not_paused(config: &Config) -> ProgramResult {
    ensure(config.paused == 0, Error::Paused)
}

pub fn not_zero(hash: &[u8; 32]) -> ProgramResult {
    ensure(!same_bytes(hash, &[0; 32]), Error::HashZero)
}

pub fn some_amount(amount: u64) -> ProgramResult {
    ensure(amount > 0, Error::AmountZero)
}

pub fn ensure(holds: bool, error: impl Into<ProgramError>) -> ProgramResult {
    if holds {
        Ok(())
    } else {
        Err(error.into())
    }
}

/// Whether a program owns the account: only then its data is what that program wrote.
pub fn owned_by(account: &AccountView, program: &Address) -> bool {
    same(&account.owner(), program)
}

pub fn same(a: &Address, b: &Address) -> bool {
    same_bytes(a.as_array(), b.as_array())
}

/// Eight bytes at a time: what the compiler makes of `==` here goes byte by byte.
pub fn same_bytes(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let (words, others) = (a.as_chunks().0, b.as_chunks().0);
    words
        .iter()
        .zip(others)
        .all(|(word, other)| u64::from_ne_bytes(*word) == u64::from_ne_bytes(*other))
}
