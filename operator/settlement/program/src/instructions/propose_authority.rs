use crate::{
    checks::{ensure, holds},
    generated::{accounts::Config, args, events, instructions, Error, Role},
    layout::{self, emit, load_mut},
    Call,
};
use pinocchio::{Address, ProgramResult};

#[inline(never)]
pub fn propose_authority(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::ProposeAuthority::parse(accounts)?;
    let args = layout::args::<args::ProposeAuthority>(data)?;
    let mut config = load_mut::<Config>(&mut on.config, program_id)?;
    holds(&on.admin, &config.admin)?;
    let role = Role::from_byte(args.role).ok_or(Error::BadData)?;
    ensure(args.authority != Address::default(), Error::BadData)?;
    stay_apart(&config, role, &args.authority)?;
    config.pending_role = args.role;
    config.pending_authority = args.authority;
    emit(events::AuthorityProposed {
        role: args.role,
        authority: args.authority,
    });
    Ok(())
}

/// One key must not be able to both accuse and judge.
pub fn stay_apart(config: &Config, role: Role, key: &Address) -> ProgramResult {
    let other = match role {
        Role::Slasher => &config.adjudicator,
        Role::Adjudicator => &config.slasher,
        _ => return Ok(()),
    };
    ensure(key != other, Error::SameKey)
}
