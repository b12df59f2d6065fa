use crate::{
    checks::{ensure, holds, is, not_paused},
    generated::{
        accounts::{Case, Config, Stake},
        args, events, instructions, CaseState, Error, Outcome,
    },
    layout::{self, emit, load, load_mut},
    time, token, Call,
};
use pinocchio::{error::ProgramError, AccountView, Address, ProgramResult};

#[inline(never)]
pub fn resolve(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let on = instructions::Resolve::parse(accounts)?;
    let args = layout::args::<args::Resolve>(data)?;
    let state = CaseState::from_byte(load::<Case>(&on.case, program_id)?.state);
    if matches!(state, Some(CaseState::Reversed | CaseState::Burnt)) {
        return Err(Error::CaseClosed.into());
    }
    let is_appealed = state == Some(CaseState::Appealed);
    let mut accounts = CaseAccounts {
        stake: on.stake,
        case: on.case,
        config: on.config,
        stake_vault: on.stake_vault,
        io_mint: on.io_mint,
        authority: on.authority,
    };
    match Outcome::from_byte(args.outcome).ok_or(Error::BadData)? {
        Outcome::Upheld => {
            holds(
                &on.resolver,
                &load::<Config>(&on.config, program_id)?.adjudicator,
            )?;
            ensure(is_appealed, Error::CaseNotAppealed)?;
            accounts.burn(program_id)
        }
        Outcome::Reversed => {
            if !(is_appealed && accounts.is_left_to_lie(program_id)?) {
                holds(
                    &on.resolver,
                    &load::<Config>(&on.config, program_id)?.adjudicator,
                )?;
            }
            accounts.reverse(program_id)
        }
    }
}

/// What the end of a case touches.
pub struct CaseAccounts {
    pub stake: AccountView,
    pub case: AccountView,
    pub config: AccountView,
    pub stake_vault: AccountView,
    pub io_mint: AccountView,
    pub authority: AccountView,
}

impl CaseAccounts {
    /// Burns what is in escrow. Not while the program is paused: it cannot be undone.
    pub fn burn(&mut self, program_id: &Address) -> ProgramResult {
        not_paused(&*load::<Config>(&self.config, program_id)?)?;
        let ended = self.end(program_id, CaseState::Burnt)?;
        let bump = {
            let mut config = load_mut::<Config>(&mut self.config, program_id)?;
            is(&self.stake_vault, &config.stake_vault)?;
            is(&self.io_mint, &config.io_mint)?;
            is(&self.authority, &config.authority)?;
            config.total_burnt.add(ended.amount.get())?;
            config.authority_bump
        };
        token::Move {
            from: &self.stake_vault,
            to: &self.io_mint,
            owner: &self.authority,
            amount: ended.amount.get(),
        }
        .burn(bump)?;
        emit(ended);
        Ok(())
    }

    /// Gives what is in escrow back to the stake.
    fn reverse(&mut self, program_id: &Address) -> ProgramResult {
        let ended = self.end(program_id, CaseState::Reversed)?;
        let amount = ended.amount.get();
        load_mut::<Stake>(&mut self.stake, program_id)?
            .amount
            .add(amount)?;
        load_mut::<Config>(&mut self.config, program_id)?
            .total_staked
            .add(amount)?;
        emit(events::CaseReversed {
            case: ended.case,
            stake: ended.stake,
            owner: ended.owner,
            device_id: ended.device_id,
            case_id: ended.case_id,
            amount: ended.amount,
        });
        Ok(())
    }

    /// Takes the case out of the escrow and says what it was about.
    fn end(
        &mut self,
        program_id: &Address,
        state: CaseState,
    ) -> Result<events::CaseBurnt, ProgramError> {
        let address = *self.case.address();
        let mut case = load_mut::<Case>(&mut self.case, program_id)?;
        is(&self.stake, &case.stake)?;
        case.state = state as u8;
        let amount = case.amount.get();
        let mut stake = load_mut::<Stake>(&mut self.stake, program_id)?;
        stake.escrowed.sub(amount)?;
        stake.open_cases.sub(1)?;
        let mut config = load_mut::<Config>(&mut self.config, program_id)?;
        config.total_escrowed.sub(amount)?;
        Ok(events::CaseBurnt {
            case: address,
            stake: case.stake,
            owner: stake.owner,
            device_id: stake.device_id,
            case_id: case.case_id,
            amount: case.amount,
        })
    }

    /// Whether the adjudicator let the time for an appealed case pass: then it is the owner's.
    fn is_left_to_lie(&self, program_id: &Address) -> Result<bool, ProgramError> {
        let appealed = load::<Case>(&self.case, program_id)?.appealed_ts.get();
        let wait = load::<Config>(&self.config, program_id)?
            .adjudication_seconds
            .get();
        Ok(time::now()? >= time::later(appealed, wait)?)
    }
}
