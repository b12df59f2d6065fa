use crate::{
    checks::{ensure, holds, is, not_paused, same_bytes},
    generated::{
        accounts::{Config, Stake},
        args, events, instructions, Error, SEED_STAKE,
    },
    layout::{self, begin, emit, load_mut, U64},
    pda, token, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn stake(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Stake::parse(accounts)?;
    let args = layout::args::<args::Stake>(data)?;
    let amount = args.amount.get();
    {
        let mut config = load_mut::<Config>(&mut on.config, program_id)?;
        not_paused(&config)?;
        is(&on.stake_vault, &config.stake_vault)?;
        config.total_staked.add(amount)?;
    }
    if !pda::exists(&on.stake) {
        // The owner is in the seeds: nobody can take a device's place with another key.
        let mut bump = 0;
        pda::Creation {
            program_id,
            seeds: &[SEED_STAKE, on.owner.address().as_ref(), &args.device_id],
            account: &on.stake,
            payer: &on.owner,
            owner: program_id,
            size: size_of::<Stake>(),
        }
        .run(&mut bump)?;
        let mut stake = begin::<Stake>(&mut on.stake, program_id)?;
        stake.bump = bump;
        stake.owner = *on.owner.address();
        stake.device_id = args.device_id;
    }
    let address = *on.stake.address();
    let staked = {
        let mut stake = load_mut::<Stake>(&mut on.stake, program_id)?;
        holds(&on.owner, &stake.owner)?;
        let is_same = same_bytes(&stake.device_id, &args.device_id);
        ensure(is_same, Error::WrongAccount)?;
        ensure(stake.unlock_ts.get() == 0, Error::AlreadyCooling)?;
        stake.amount.add(amount)?;
        stake.amount.get()
    };
    token::Move {
        from: &on.source,
        to: &on.stake_vault,
        owner: &on.owner,
        amount,
    }
    .take()?;
    emit(events::Staked {
        stake: address,
        owner: *on.owner.address(),
        device_id: args.device_id,
        amount: args.amount,
        staked: U64::new(staked),
    });
    Ok(())
}
