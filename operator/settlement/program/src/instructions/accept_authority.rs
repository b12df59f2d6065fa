use super::propose_authority::stay_apart;
use crate::{
    checks::{ensure, holds},
    generated::{accounts::Config, events, instructions, Error, Role},
    layout::{emit, load_mut, no_args},
    Call,
};
use pinocchio::{Address, ProgramResult};

#[inline(never)]
pub fn accept_authority(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::AcceptAuthority::parse(accounts)?;
    no_args(data)?;
    let mut config = load_mut::<Config>(&mut on.config, program_id)?;
    let key = config.pending_authority;
    ensure(key != Address::default(), Error::NoPendingAuthority)?;
    holds(&on.authority_key, &key)?;
    let role = Role::from_byte(config.pending_role).ok_or(Error::BadData)?;
    stay_apart(&config, role, &key)?;
    *holder(&mut config, role) = key;
    config.pending_authority = Address::default();
    config.pending_role = 0;
    emit(events::AuthorityAccepted {
        role: role as u8,
        authority: key,
    });
    Ok(())
}

fn holder(config: &mut Config, role: Role) -> &mut Address {
    match role {
        Role::Admin => &mut config.admin,
        Role::Publisher => &mut config.publisher,
        Role::Slasher => &mut config.slasher,
        Role::Adjudicator => &mut config.adjudicator,
        Role::Auditor => &mut config.auditor,
        Role::Treasurer => &mut config.treasurer,
    }
}
