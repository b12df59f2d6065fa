//! `io-stake`: stake behind devices, cases against it, rewards by Merkle root, and custody.
//!
//! Layouts, accounts and errors are in `generated.rs`, written from `idl.json`. An account is
//! believed only after its owner and discriminator were checked (`layout::load`), or its address was
//! derived (`pda::create`) or compared with one that such an account names (`checks::is`).
#![no_std]

mod checks;
mod cpi;
// All that the IDL has, also what no instruction looks at.
#[allow(dead_code)]
#[rustfmt::skip]
mod generated;
mod hash;
mod instructions;
mod layout;
mod merkle;
mod pda;
mod system;
mod time;
mod token;

use generated::{discriminators as of, Error};
use pinocchio::{
    no_allocator, nostd_panic_handler, program_entrypoint, AccountView, Address, ProgramResult,
};

program_entrypoint!(process);
no_allocator!();
nostd_panic_handler!();

/// What the runtime hands over. Instructions take it by reference: the back end that builds without
/// Solana's own compiler passes at most five values to a function.
pub struct Call<'a> {
    program_id: &'a Address,
    accounts: &'a [AccountView],
    data: &'a [u8],
}

#[inline(always)]
fn process(program_id: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let Some((discriminator, data)) = data.split_first_chunk() else {
        return Err(Error::BadData.into());
    };
    let call = Call {
        program_id,
        accounts,
        data,
    };
    match u64::from_le_bytes(*discriminator) {
        of::INITIALIZE => instructions::initialize(&call),
        of::STAKE => instructions::stake(&call),
        of::REQUEST_UNSTAKE => instructions::request_unstake(&call),
        of::WITHDRAW => instructions::withdraw(&call),
        of::OPEN_CASE => instructions::open_case(&call),
        of::APPEAL => instructions::appeal(&call),
        of::RESOLVE => instructions::resolve(&call),
        of::FINALIZE_BURN => instructions::finalize_burn(&call),
        of::PUBLISH_ROOT => instructions::publish_root(&call),
        of::CANCEL_ROOT => instructions::cancel_root(&call),
        of::CLAIM => instructions::claim(&call),
        of::FUND_REWARDS => instructions::fund_rewards(&call),
        of::DEPOSIT => instructions::deposit(&call),
        of::PAY_OUT => instructions::pay_out(&call),
        of::CLOSE_OPERATION => instructions::close_operation(&call),
        of::PAUSE => instructions::pause(&call),
        of::PROPOSE_AUTHORITY => instructions::propose_authority(&call),
        of::ACCEPT_AUTHORITY => instructions::accept_authority(&call),
        _ => Err(Error::BadData.into()),
    }
}
