use crate::{
    checks::{ensure, holds, is, not_paused, some_amount},
    generated::{
        accounts::{Config, Custody, Operation},
        args, events, instructions, Error, MAX_PAY_OUTS, OPERATION_AHEAD_SECONDS,
        OPERATION_SECONDS, SEED_OPERATION,
    },
    layout::{self, begin, emit, load, load_mut, I64, U64},
    pda, time, token, Call,
};
use pinocchio::{error::ProgramError, Address, ProgramResult};

#[inline(never)]
pub fn pay_out(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::PayOut::parse(accounts)?;
    let (args, amounts) = layout::args_and_items::<args::PayOut, U64>(data)?;
    let destinations = accounts.get(instructions::PayOut::COUNT..).unwrap_or(&[]);
    let count = u8::try_from(amounts.len()).unwrap_or(u8::MAX);
    let fits = destinations.len() == amounts.len() && (1..=MAX_PAY_OUTS).contains(&count);
    ensure(fits, Error::BadPayOut)?;
    let now = time::now()?;
    let decided = decided_at(&args.operation_id, now)?;
    let total = sum(amounts)?;
    let (bump, epoch) = {
        let config = load::<Config>(&on.config, program_id)?;
        holds(&on.treasurer, &config.treasurer)?;
        not_paused(&config)?;
        is(&on.authority, &config.authority)?;
        let epoch = time::epoch_at(now, config.genesis_ts.get())?;
        (config.authority_bump, epoch)
    };
    let mint = {
        let mut custody = load_mut::<Custody>(&mut on.custody, program_id)?;
        is(&on.custody_vault, &custody.vault)?;
        count_against_cap(&mut custody, epoch, total)?;
        custody.paid_total.add(total)?;
        custody.mint
    };
    begin_operation(program_id, &mut on, &args.operation_id)?;
    {
        let mut operation = load_mut::<Operation>(&mut on.operation, program_id)?;
        operation.mint = mint;
        operation.created_ts = I64::new(decided);
        operation.amount = U64::new(total);
        operation.count = count;
    }
    for (destination, amount) in destinations.iter().zip(amounts) {
        token::outside(destination, on.authority.address())?;
        token::Move {
            from: &on.custody_vault,
            to: destination,
            owner: &on.authority,
            amount: amount.get(),
        }
        .pay(bump)?;
    }
    emit(events::PaidOut {
        operation: *on.operation.address(),
        operation_id: args.operation_id,
        mint,
        amount: U64::new(total),
        count,
    });
    Ok(())
}

/// An operation's id begins with the second in which it was decided. One that is older than its
/// window is refused for ever, so its account can be closed without making a second time possible.
fn decided_at(operation_id: &[u8; 32], now: i64) -> Result<i64, ProgramError> {
    let bytes = operation_id.first_chunk().ok_or(Error::BadData)?;
    let decided = i64::from_le_bytes(*bytes);
    let oldest = now.saturating_sub(OPERATION_SECONDS);
    let newest = now.saturating_add(OPERATION_AHEAD_SECONDS);
    ensure(
        decided > oldest && decided <= newest,
        Error::OperationExpired,
    )?;
    Ok(decided)
}

fn sum(amounts: &[U64]) -> Result<u64, ProgramError> {
    let mut total = U64::new(0);
    for amount in amounts {
        some_amount(amount.get())?;
        total.add(amount.get())?;
    }
    Ok(total.get())
}

/// A stolen treasurer's key can take only so much an hour before somebody pauses the program.
fn count_against_cap(custody: &mut Custody, epoch: u32, amount: u64) -> ProgramResult {
    if custody.paid_epoch.get() != epoch {
        custody.paid_epoch.set(epoch);
        custody.paid_in_epoch.set(0);
    }
    custody.paid_in_epoch.add(amount)?;
    let within = custody.paid_in_epoch.get() <= custody.cap_per_epoch.get();
    ensure(within, Error::PayOutCapReached)
}

/// That the account exists is what makes a second time impossible.
fn begin_operation(
    program_id: &Address,
    on: &mut instructions::PayOut,
    operation_id: &[u8; 32],
) -> ProgramResult {
    ensure(!pda::exists(&on.operation), Error::OperationDone)?;
    let mut bump = 0;
    pda::Creation {
        program_id,
        seeds: &[SEED_OPERATION, operation_id],
        account: &on.operation,
        payer: &on.treasurer,
        owner: program_id,
        size: size_of::<Operation>(),
    }
    .run(&mut bump)?;
    let mut operation = begin::<Operation>(&mut on.operation, program_id)?;
    operation.bump = bump;
    operation.operation_id = *operation_id;
    Ok(())
}
