use crate::{
    checks::{ensure, holds},
    generated::{
        accounts::{Config, Operation},
        events, instructions, Error, OPERATION_SECONDS,
    },
    layout::{emit, load, no_args},
    pda, time, Call,
};
use pinocchio::ProgramResult;

#[inline(never)]
pub fn close_operation(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::CloseOperation::parse(accounts)?;
    no_args(data)?;
    holds(
        &on.treasurer,
        &load::<Config>(&on.config, program_id)?.treasurer,
    )?;
    let address = *on.operation.address();
    let operation_id = {
        let operation = load::<Operation>(&on.operation, program_id)?;
        let closable = time::later(operation.created_ts.get(), OPERATION_SECONDS)?;
        ensure(time::now()? >= closable, Error::OperationTooYoung)?;
        operation.operation_id
    };
    pda::close(&mut on.operation, &mut on.treasurer)?;
    emit(events::OperationClosed {
        operation: address,
        operation_id,
    });
    Ok(())
}
