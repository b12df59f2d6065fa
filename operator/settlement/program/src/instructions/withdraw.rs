use crate::{
    checks::{ensure, holds, is},
    generated::{
        accounts::{Config, Stake},
        events, instructions, Error,
    },
    layout::{emit, load_mut, no_args, U64},
    pda, time, token, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn withdraw(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Withdraw::parse(accounts)?;
    no_args(data)?;
    let address = *on.stake.address();
    let (amount, device_id, is_last) = {
        let mut stake = load_mut::<Stake>(&mut on.stake, program_id)?;
        holds(&on.owner, &stake.owner)?;
        let unlock = stake.unlock_ts.get();
        ensure(unlock != 0, Error::NotCooling)?;
        ensure(time::now()? >= unlock, Error::CooldownNotOver)?;
        let amount = stake.amount.get();
        let is_last = stake.open_cases.get() == 0;
        ensure(amount > 0 || is_last, Error::NothingToWithdraw)?;
        stake.amount.set(0);
        (amount, stake.device_id, is_last)
    };
    let bump = {
        let mut config = load_mut::<Config>(&mut on.config, program_id)?;
        is(&on.stake_vault, &config.stake_vault)?;
        is(&on.authority, &config.authority)?;
        token::outside(&on.destination, &config.authority)?;
        config.total_staked.sub(amount)?;
        config.authority_bump
    };
    if amount > 0 {
        token::Move {
            from: &on.stake_vault,
            to: &on.destination,
            owner: &on.authority,
            amount,
        }
        .pay(bump)?;
    }
    // A case can still come back to the stake: then the account waits for it.
    if is_last {
        pda::close(&mut on.stake, &mut on.owner)?;
    }
    emit(events::Withdrawn {
        stake: address,
        owner: *on.owner.address(),
        device_id,
        amount: U64::new(amount),
        closed: is_last.into(),
    });
    Ok(())
}
