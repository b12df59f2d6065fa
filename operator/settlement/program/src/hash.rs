//! SHA-256, by the runtime.

use core::mem::MaybeUninit;
use pinocchio::syscalls;

pub type Hash = [u8; 32];

/// The hash of all parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hash = MaybeUninit::<Hash>::uninit();
    // SAFETY: a slice is a pointer and a length, as the runtime reads it, and it writes 32 bytes.
    unsafe {
        syscalls::sol_sha256(
            parts.as_ptr().cast(),
            parts.len() as u64,
            hash.as_mut_ptr().cast(),
        );
        hash.assume_init()
    }
}
