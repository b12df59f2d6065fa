//! Calls of other programs, as the runtime's C interface takes them. pinocchio's own calls hold a
//! fence that the back end of plain Rust cannot build.

use crate::checks::ensure;
use core::mem::MaybeUninit;
use pinocchio::{
    cpi::{CpiAccount, Signer},
    error::ProgramError,
    instruction::InstructionAccount,
    syscalls, AccountView, Address, ProgramResult,
};

/// An account with what the called program may do with it.
pub struct Passed<'a> {
    account: &'a AccountView,
    is_writable: bool,
    is_signer: bool,
}

impl<'a> Passed<'a> {
    pub fn readonly(account: &'a AccountView) -> Self {
        Self::new(account, false, false)
    }

    pub fn writable(account: &'a AccountView) -> Self {
        Self::new(account, true, false)
    }

    pub fn signer(account: &'a AccountView) -> Self {
        Self::new(account, false, true)
    }

    pub fn writable_signer(account: &'a AccountView) -> Self {
        Self::new(account, true, true)
    }

    fn new(account: &'a AccountView, is_writable: bool, is_signer: bool) -> Self {
        Self {
            account,
            is_writable,
            is_signer,
        }
    }
}

#[repr(C)]
struct Instruction<'a> {
    program: &'a Address,
    accounts: *const InstructionAccount<'a>,
    accounts_len: u64,
    data: *const u8,
    data_len: u64,
}

/// Calls `program`. An error of the called program ends the transaction; it does not come back.
#[inline(always)]
pub fn invoke<const N: usize>(
    program: &Address,
    data: &[u8],
    passed: &[Passed; N],
    signers: &[Signer],
) -> ProgramResult {
    let mut views = [const { MaybeUninit::<CpiAccount>::uninit() }; N];
    let mut metas = [const { MaybeUninit::<InstructionAccount>::uninit() }; N];
    for ((passed, view), meta) in passed.iter().zip(&mut views).zip(&mut metas) {
        let &Passed {
            account,
            is_writable,
            is_signer,
        } = passed;
        // The called program writes behind our back: no reference to the data may live.
        let is_free = !is_writable || !account.is_borrowed();
        ensure(is_free, ProgramError::AccountBorrowFailed)?;
        CpiAccount::init_from_account_view(account, view);
        meta.write(InstructionAccount::new(
            account.address(),
            is_writable,
            is_signer,
        ));
    }
    let instruction = Instruction {
        program,
        accounts: metas.as_ptr().cast(),
        accounts_len: N as u64,
        data: data.as_ptr(),
        data_len: data.len() as u64,
    };
    // SAFETY: all pointers live until the call returns, and each view and meta was initialized.
    unsafe {
        syscalls::sol_invoke_signed_c(
            (&raw const instruction).cast(),
            views.as_ptr().cast(),
            N as u64,
            signers.as_ptr().cast(),
            signers.len() as u64,
        );
    }
    Ok(())
}
