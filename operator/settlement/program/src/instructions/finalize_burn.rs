use super::resolve::CaseAccounts;
use crate::{
    checks::ensure,
    generated::{accounts::Case, instructions, CaseState, Error},
    layout::{load, no_args},
    time, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn finalize_burn(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let on = instructions::FinalizeBurn::parse(accounts)?;
    no_args(data)?;
    {
        let case = load::<Case>(&on.case, program_id)?;
        match CaseState::from_byte(case.state) {
            Some(CaseState::Open) => {}
            Some(CaseState::Appealed) => return Err(Error::CaseAppealed.into()),
            _ => return Err(Error::CaseClosed.into()),
        }
        ensure(
            time::now()? >= case.deadline_ts.get(),
            Error::DeadlineNotOver,
        )?;
    }
    CaseAccounts {
        stake: on.stake,
        case: on.case,
        config: on.config,
        stake_vault: on.stake_vault,
        io_mint: on.io_mint,
        authority: on.authority,
    }
    .burn(program_id)
}
