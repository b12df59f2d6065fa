use crate::{
    checks::{ensure, holds, not_paused, not_zero, some_amount},
    generated::{
        accounts::{Case, Config, Stake},
        args, events, instructions, CaseState, Error, SEED_CASE,
    },
    layout::{self, begin, emit, load_mut, I64},
    pda, time, Call,
};
use pinocchio::{error::ProgramError, ProgramResult};

#[inline(never)]
pub fn open_case(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::OpenCase::parse(accounts)?;
    let args = layout::args::<args::OpenCase>(data)?;
    let amount = args.amount.get();
    some_amount(amount)?;
    not_zero(&args.evidence_hash)?;
    let now = time::now()?;
    let (stake_address, case_address) = (*on.stake.address(), *on.case.address());
    let (owner, device_id) = {
        let mut stake = load_mut::<Stake>(&mut on.stake, program_id)?;
        ensure(amount <= stake.amount.get(), Error::ExceedsStake)?;
        stake.amount.sub(amount)?;
        stake.escrowed.add(amount)?;
        stake.open_cases.add(1)?;
        (stake.owner, stake.device_id)
    };
    let deadline = {
        let mut config = load_mut::<Config>(&mut on.config, program_id)?;
        holds(&on.slasher, &config.slasher)?;
        not_paused(&config)?;
        count_against_cap(&mut config, now, amount)?;
        config.total_staked.sub(amount)?;
        config.total_escrowed.add(amount)?;
        time::later(now, config.appeal_seconds.get())?
    };
    let mut bump = 0;
    pda::Creation {
        program_id,
        seeds: &[SEED_CASE, stake_address.as_ref(), &args.case_id],
        account: &on.case,
        payer: &on.slasher,
        owner: program_id,
        size: size_of::<Case>(),
    }
    .run(&mut bump)?;
    let mut case = begin::<Case>(&mut on.case, program_id)?;
    case.bump = bump;
    case.state = CaseState::Open as u8;
    case.stake = stake_address;
    case.case_id = args.case_id;
    case.evidence_hash = args.evidence_hash;
    case.amount = args.amount;
    case.opened_ts.set(now);
    case.deadline_ts.set(deadline);
    emit(events::CaseOpened {
        case: case_address,
        stake: stake_address,
        owner,
        device_id,
        case_id: args.case_id,
        evidence_hash: args.evidence_hash,
        amount: args.amount,
        opened_ts: I64::new(now),
        deadline_ts: I64::new(deadline),
    });
    Ok(())
}

/// A stolen slasher's key can take only so much an hour before somebody pauses the program.
fn count_against_cap(config: &mut Config, now: i64, amount: u64) -> Result<(), ProgramError> {
    let epoch = time::epoch_at(now, config.genesis_ts.get())?;
    if config.slashed_epoch.get() != epoch {
        config.slashed_epoch.set(epoch);
        config.slashed_in_epoch.set(0);
    }
    config.slashed_in_epoch.add(amount)?;
    let within = config.slashed_in_epoch.get() <= config.slash_cap_per_epoch.get();
    ensure(within, Error::SlashCapReached)
}
