use crate::{
    checks::{ensure, holds, not_paused, not_zero},
    generated::{
        accounts::{Config, Distributor},
        args, events, instructions, Error, EMISSION_CAP,
    },
    layout::{self, emit, load, load_mut, I64, U32, U64},
    merkle, time, Call,
};
use pinocchio::{error::ProgramError, ProgramResult};

#[inline(never)]
pub fn publish_root(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::PublishRoot::parse(accounts)?;
    let args = layout::args::<args::PublishRoot>(data)?;
    let config = load::<Config>(&on.config, program_id)?;
    holds(&on.publisher, &config.publisher)?;
    not_paused(&config)?;
    not_zero(&args.root)?;
    ensure(
        merkle::is_depth_of(args.depth, args.leaf_count.get()),
        Error::BadDepth,
    )?;
    let now = time::now()?;
    let mut distributor = load_mut::<Distributor>(&mut on.distributor, program_id)?;
    let is_pending = mature(&mut distributor, &config, now)?;
    ensure(!is_pending, Error::RootImmature)?;
    check_growth(&distributor, &config, args, now)?;
    distributor.pending_epoch = args.epoch;
    distributor.pending_root = args.root;
    distributor.pending_total = args.total;
    distributor.pending_leaf_count = args.leaf_count;
    distributor.pending_depth = args.depth;
    distributor.published_ts.set(now);
    emit(events::RootPublished {
        epoch: args.epoch,
        root: args.root,
        total: args.total,
        leaf_count: args.leaf_count,
        depth: args.depth,
        published_ts: I64::new(now),
    });
    Ok(())
}

/// A stolen publisher's key can promise no more than the epochs that are over may emit.
fn check_growth(
    last: &Distributor,
    config: &Config,
    next: &args::PublishRoot,
    now: i64,
) -> ProgramResult {
    let epoch = next.epoch.get();
    let epochs = epoch.saturating_sub(last.active_epoch.get());
    ensure(epochs > 0, Error::EpochNotAfter)?;
    ensure(
        epoch < time::epoch_at(now, config.genesis_ts.get())?,
        Error::EpochNotOver,
    )?;
    let total = next.total.get();
    let growth = total
        .checked_sub(last.active_total.get())
        .ok_or(Error::TotalFalls)?;
    let per_epoch = growth.div_ceil(u64::from(epochs));
    let within = per_epoch <= config.emission_per_epoch.get() && total <= EMISSION_CAP;
    ensure(within, Error::TotalExceedsEmission)
}

/// Makes the pending root the active one when nobody cancelled it in time. Returns whether one is
/// pending still.
pub fn mature(
    distributor: &mut Distributor,
    config: &Config,
    now: i64,
) -> Result<bool, ProgramError> {
    if distributor.pending_epoch.get() == 0 {
        return Ok(false);
    }
    if now < matures_at(distributor, config)? {
        return Ok(true);
    }
    distributor.active_epoch = distributor.pending_epoch;
    distributor.active_root = distributor.pending_root;
    distributor.active_total = distributor.pending_total;
    distributor.active_leaf_count = distributor.pending_leaf_count;
    distributor.active_depth = distributor.pending_depth;
    forget_pending(distributor);
    Ok(false)
}

/// When claims can use the pending root.
pub fn matures_at(distributor: &Distributor, config: &Config) -> Result<i64, ProgramError> {
    let delay = config.challenge_delay_seconds.get();
    time::later(distributor.published_ts.get(), delay)
}

pub fn forget_pending(distributor: &mut Distributor) {
    distributor.pending_epoch = U32::new(0);
    distributor.pending_root = [0; 32];
    distributor.pending_total = U64::new(0);
    distributor.pending_leaf_count = U32::new(0);
    distributor.pending_depth = 0;
    distributor.published_ts = I64::new(0);
}
