use crate::{
    checks::{is, not_paused},
    generated::{
        accounts::{Config, Distributor},
        args, events, instructions,
    },
    layout::{self, emit, load, load_mut},
    token, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn fund_rewards(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::FundRewards::parse(accounts)?;
    let args = layout::args::<args::FundRewards>(data)?;
    {
        let config = load::<Config>(&on.config, program_id)?;
        not_paused(&config)?;
        is(&on.rewards_vault, &config.rewards_vault)?;
    }
    load_mut::<Distributor>(&mut on.distributor, program_id)?
        .funded_total
        .add(args.amount.get())?;
    token::Move {
        from: &on.source,
        to: &on.rewards_vault,
        owner: &on.funder,
        amount: args.amount.get(),
    }
    .take()?;
    emit(events::RewardsFunded {
        funder: *on.funder.address(),
        amount: args.amount,
    });
    Ok(())
}
