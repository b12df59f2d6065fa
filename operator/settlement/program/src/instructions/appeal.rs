use crate::{
    checks::{ensure, holds, is, not_zero},
    generated::{
        accounts::{Case, Stake},
        args, events, instructions, CaseState, Error,
    },
    layout::{self, emit, load, load_mut, I64},
    time, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn appeal(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Appeal::parse(accounts)?;
    let args = layout::args::<args::Appeal>(data)?;
    not_zero(&args.appeal_hash)?;
    let now = time::now()?;
    holds(&on.owner, &load::<Stake>(&on.stake, program_id)?.owner)?;
    let address = *on.case.address();
    let mut case = load_mut::<Case>(&mut on.case, program_id)?;
    is(&on.stake, &case.stake)?;
    match CaseState::from_byte(case.state) {
        Some(CaseState::Open) => {}
        Some(CaseState::Appealed) => return Err(Error::CaseAppealed.into()),
        _ => return Err(Error::CaseClosed.into()),
    }
    ensure(now < case.deadline_ts.get(), Error::DeadlinePassed)?;
    case.state = CaseState::Appealed as u8;
    case.appeal_hash = args.appeal_hash;
    case.appealed_ts.set(now);
    emit(events::CaseAppealed {
        case: address,
        stake: case.stake,
        case_id: case.case_id,
        appeal_hash: args.appeal_hash,
        appealed_ts: I64::new(now),
    });
    Ok(())
}
