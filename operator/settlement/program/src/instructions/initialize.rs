use crate::{
    checks::{ensure, is},
    generated::{
        accounts::{Config, Custody, Distributor},
        args, events, instructions, Error, EPOCH_SECONDS, IO_DECIMALS, SEED_AUTHORITY, SEED_CONFIG,
        SEED_CUSTODY, SEED_DISTRIBUTOR, SEED_REWARDS, SEED_STAKE, SEED_VAULT, UPGRADEABLE_LOADER,
        USDC_DECIMALS,
    },
    layout::{self, begin, emit, U64},
    pda, token, Call,
};
use pinocchio::{AccountView, Address, ProgramResult};

/// A cooldown or a deadline beyond this is a slip of the keyboard.
const LONGEST_SECONDS: i64 = 10 * 365 * 86_400;

#[inline(never)]
pub fn initialize(call: &Call) -> ProgramResult {
    let mut on = instructions::Initialize::parse(call.accounts)?;
    let args = layout::args::<args::Initialize>(call.data)?;
    let program_id = call.program_id;
    check_args(args)?;
    check_upgrade_authority(program_id, &on)?;
    token::check_mint(&on.io_mint, IO_DECIMALS)?;
    token::check_mint(&on.usdc_mint, USDC_DECIMALS)?;
    create_config(program_id, &mut on, args)?;
    create_distributor(program_id, &mut on)?;
    for (vault, purpose, mint) in [
        (&on.stake_vault, SEED_STAKE, &on.io_mint),
        (&on.rewards_vault, SEED_REWARDS, &on.io_mint),
        (&on.io_custody_vault, SEED_CUSTODY, &on.io_mint),
        (&on.usdc_custody_vault, SEED_CUSTODY, &on.usdc_mint),
    ] {
        create_vault(
            program_id,
            &on,
            &Vault {
                vault,
                purpose,
                mint,
            },
        )?;
    }
    create_custody(
        program_id,
        &on,
        on.io_custody,
        args.io_pay_out_cap_per_epoch,
    )?;
    create_custody(
        program_id,
        &on,
        on.usdc_custody,
        args.usdc_pay_out_cap_per_epoch,
    )?;
    emit(events::Initialized {
        config: *on.config.address(),
        admin: *on.admin.address(),
        io_mint: *on.io_mint.address(),
        usdc_mint: *on.usdc_mint.address(),
        genesis_ts: args.genesis_ts,
    });
    Ok(())
}

fn check_args(args: &args::Initialize) -> ProgramResult {
    for key in [
        &args.publisher,
        &args.slasher,
        &args.adjudicator,
        &args.auditor,
        &args.treasurer,
    ] {
        ensure(*key != Address::default(), Error::BadData)?;
    }
    ensure(args.slasher != args.adjudicator, Error::SameKey)?;
    for seconds in [
        args.cooldown_seconds,
        args.appeal_seconds,
        args.adjudication_seconds,
    ] {
        ensure(
            (1..=LONGEST_SECONDS).contains(&seconds.get()),
            Error::BadData,
        )?;
    }
    let delay = args.challenge_delay_seconds.get();
    ensure((0..=LONGEST_SECONDS).contains(&delay), Error::BadData)?;
    let genesis = args.genesis_ts.get();
    ensure(
        genesis >= 0
            && genesis
                .unsigned_abs()
                .is_multiple_of(EPOCH_SECONDS.unsigned_abs()),
        Error::BadData,
    )
}

/// Whoever deployed the program says who has its roles; nobody can be faster. A program that nobody
/// can change any more has no such key: whoever is first.
fn check_upgrade_authority(program_id: &Address, on: &instructions::Initialize) -> ProgramResult {
    is(&on.program, program_id)?;
    let program = on.program.try_borrow()?;
    let data = on.program_data.try_borrow()?;
    // The loader's state of a program: 4 bytes that say so, then the address of its data.
    let is_its_data = on.program.owned_by(&UPGRADEABLE_LOADER)
        && program.get(4..36) == Some(on.program_data.address().as_ref());
    // The state of its data: 4 bytes that say so, the slot, whether there is an authority, and which.
    let is_allowed = match data.get(12) {
        Some(0) => true,
        Some(1) => data.get(13..45) == Some(on.admin.address().as_ref()),
        _ => false,
    };
    ensure(is_its_data && is_allowed, Error::NotUpgradeAuthority)
}

#[inline(never)]
fn create_config(
    program_id: &Address,
    on: &mut instructions::Initialize,
    args: &args::Initialize,
) -> ProgramResult {
    let (authority, authority_bump) = pda::find(&[SEED_AUTHORITY], program_id);
    is(&on.authority, &authority)?;
    let mut bump = 0;
    pda::Creation {
        program_id,
        seeds: &[SEED_CONFIG],
        account: &on.config,
        payer: &on.admin,
        owner: program_id,
        size: size_of::<Config>(),
    }
    .run(&mut bump)?;
    let mut config = begin::<Config>(&mut on.config, program_id)?;
    config.bump = bump;
    config.authority_bump = authority_bump;
    config.authority = authority;
    config.admin = *on.admin.address();
    config.publisher = args.publisher;
    config.slasher = args.slasher;
    config.adjudicator = args.adjudicator;
    config.auditor = args.auditor;
    config.treasurer = args.treasurer;
    config.io_mint = *on.io_mint.address();
    config.usdc_mint = *on.usdc_mint.address();
    config.stake_vault = *on.stake_vault.address();
    config.rewards_vault = *on.rewards_vault.address();
    config.genesis_ts = args.genesis_ts;
    config.cooldown_seconds = args.cooldown_seconds;
    config.appeal_seconds = args.appeal_seconds;
    config.adjudication_seconds = args.adjudication_seconds;
    config.challenge_delay_seconds = args.challenge_delay_seconds;
    config.slash_cap_per_epoch = args.slash_cap_per_epoch;
    config.emission_per_epoch = args.emission_per_epoch;
    Ok(())
}

#[inline(never)]
fn create_distributor(program_id: &Address, on: &mut instructions::Initialize) -> ProgramResult {
    let mut bump = 0;
    pda::Creation {
        program_id,
        seeds: &[SEED_DISTRIBUTOR, on.io_mint.address().as_ref()],
        account: &on.distributor,
        payer: &on.admin,
        owner: program_id,
        size: size_of::<Distributor>(),
    }
    .run(&mut bump)?;
    let mut distributor = begin::<Distributor>(&mut on.distributor, program_id)?;
    distributor.bump = bump;
    distributor.io_mint = *on.io_mint.address();
    Ok(())
}

struct Vault<'a> {
    vault: &'a AccountView,
    purpose: &'a [u8],
    mint: &'a AccountView,
}

/// Each purpose has its own vault: anyone can compare it with what the state says, and an error in
/// one cannot empty another.
#[inline(never)]
fn create_vault(program_id: &Address, on: &instructions::Initialize, of: &Vault) -> ProgramResult {
    pda::Creation {
        program_id,
        seeds: &[SEED_VAULT, of.purpose, of.mint.address().as_ref()],
        account: of.vault,
        payer: &on.admin,
        owner: &token::ID,
        size: token::ACCOUNT_SIZE,
    }
    .run(&mut 0)?;
    token::initialize_account(of.vault, of.mint, on.authority.address())
}

#[inline(never)]
fn create_custody(
    program_id: &Address,
    on: &instructions::Initialize,
    mut account: AccountView,
    cap_per_epoch: U64,
) -> ProgramResult {
    let (mint, vault) = if account == on.io_custody {
        (&on.io_mint, &on.io_custody_vault)
    } else {
        (&on.usdc_mint, &on.usdc_custody_vault)
    };
    let mut bump = 0;
    pda::Creation {
        program_id,
        seeds: &[SEED_CUSTODY, mint.address().as_ref()],
        account: &account,
        payer: &on.admin,
        owner: program_id,
        size: size_of::<Custody>(),
    }
    .run(&mut bump)?;
    let mut custody = begin::<Custody>(&mut account, program_id)?;
    custody.bump = bump;
    custody.mint = *mint.address();
    custody.vault = *vault.address();
    custody.cap_per_epoch = cap_per_epoch;
    Ok(())
}
