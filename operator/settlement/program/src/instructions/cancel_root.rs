use super::publish_root::{forget_pending, matures_at};
use crate::{
    checks::{ensure, holds, same},
    generated::{
        accounts::{Config, Distributor},
        events, instructions, Error,
    },
    layout::{emit, load, load_mut, no_args},
    time, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn cancel_root(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::CancelRoot::parse(accounts)?;
    no_args(data)?;
    let config = load::<Config>(&on.config, program_id)?;
    if !same(on.canceller.address(), &config.admin) {
        holds(&on.canceller, &config.auditor)?;
    }
    let mut distributor = load_mut::<Distributor>(&mut on.distributor, program_id)?;
    let (epoch, root) = (distributor.pending_epoch, distributor.pending_root);
    ensure(epoch.get() != 0, Error::NoRoot)?;
    let is_immature = time::now()? < matures_at(&distributor, &config)?;
    ensure(is_immature, Error::RootMature)?;
    forget_pending(&mut distributor);
    emit(events::RootCancelled {
        epoch,
        root,
        canceller: *on.canceller.address(),
    });
    Ok(())
}
