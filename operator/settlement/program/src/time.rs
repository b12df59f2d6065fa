//! The chain's clock, and the epochs that it is divided into.

use crate::generated::{Error, EPOCH_SECONDS};
use pinocchio::{
    error::ProgramError,
    sysvars::{clock::Clock, Sysvar},
};

/// Seconds since 1970.
pub fn now() -> Result<i64, ProgramError> {
    Ok(Clock::get()?.unix_timestamp)
}

/// The hour that an instant lies in, number 1 beginning at genesis; 0 before that.
pub fn epoch_at(now: i64, genesis: i64) -> Result<u32, ProgramError> {
    if now < genesis {
        return Ok(0);
    }
    now.abs_diff(genesis)
        .checked_div(EPOCH_SECONDS.unsigned_abs())
        .and_then(|hours| u32::try_from(hours).ok())
        .and_then(|hours| hours.checked_add(1))
        .ok_or(Error::Overflow.into())
}

pub fn later(ts: i64, seconds: i64) -> Result<i64, ProgramError> {
    ts.checked_add(seconds).ok_or(Error::Overflow.into())
}
