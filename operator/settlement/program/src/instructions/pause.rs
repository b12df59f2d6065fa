use crate::{
    checks::holds,
    generated::{accounts::Config, args, events, instructions},
    layout::{self, emit, flag, load_mut},
    Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn pause(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Pause::parse(accounts)?;
    let args = layout::args::<args::Pause>(data)?;
    let mut config = load_mut::<Config>(&mut on.config, program_id)?;
    holds(&on.admin, &config.admin)?;
    config.paused = flag(args.paused)?.into();
    emit(events::PauseChanged {
        paused: config.paused,
        admin: config.admin,
    });
    Ok(())
}
