use crate::{
    checks::{ensure, holds},
    generated::{
        accounts::{Config, Stake},
        events, instructions, Error,
    },
    layout::{emit, load, load_mut, no_args},
    time, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn request_unstake(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::RequestUnstake::parse(accounts)?;
    no_args(data)?;
    let address = *on.stake.address();
    let cooldown = load::<Config>(&on.config, program_id)?
        .cooldown_seconds
        .get();
    let mut stake = load_mut::<Stake>(&mut on.stake, program_id)?;
    holds(&on.owner, &stake.owner)?;
    ensure(stake.unlock_ts.get() == 0, Error::AlreadyCooling)?;
    stake.unlock_ts.set(time::later(time::now()?, cooldown)?);
    emit(events::UnstakeRequested {
        stake: address,
        owner: stake.owner,
        device_id: stake.device_id,
        amount: stake.amount,
        unlock_ts: stake.unlock_ts,
    });
    Ok(())
}
