use crate::{
    checks::{is, not_paused},
    generated::{
        accounts::{Config, Custody},
        args, events, instructions,
    },
    layout::{self, emit, load, load_mut},
    token, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn deposit(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Deposit::parse(accounts)?;
    let args = layout::args::<args::Deposit>(data)?;
    not_paused(&*load::<Config>(&on.config, program_id)?)?;
    let mint = {
        let mut custody = load_mut::<Custody>(&mut on.custody, program_id)?;
        is(&on.custody_vault, &custody.vault)?;
        custody.deposited_total.add(args.amount.get())?;
        custody.mint
    };
    token::Move {
        from: &on.source,
        to: &on.custody_vault,
        owner: &on.depositor,
        amount: args.amount.get(),
    }
    .take()?;
    emit(events::Deposited {
        mint,
        depositor: *on.depositor.address(),
        source: *on.source.address(),
        amount: args.amount,
        reference: args.reference,
    });
    Ok(())
}
