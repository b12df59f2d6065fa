use super::publish_root::mature;
use crate::{
    checks::{ensure, is, not_paused, same, same_bytes},
    generated::{
        accounts::{ClaimStatus, Config, Distributor},
        args, events, instructions, Error, SEED_CLAIM,
    },
    hash::Hash,
    layout::{self, begin, emit, load, load_mut, U64},
    merkle, pda, time, token, Call,
};
use pinocchio::{error::ProgramError, Address, ProgramResult};

#[inline(never)]
pub fn claim(call: &Call) -> ProgramResult {
    let Call {
        program_id,
        accounts,
        data,
    } = *call;
    let mut on = instructions::Claim::parse(accounts)?;
    let (args, proof) = layout::args_and_items::<args::Claim, Hash>(data)?;
    let (wallet, total) = (*on.wallet.address(), args.total.get());
    let bump = check_accounts(program_id, &on)?;
    let due = total.saturating_sub(claimed_before(program_id, &mut on)?);
    ensure(due > 0, Error::NothingToClaim)?;
    let epoch = {
        let config = load::<Config>(&on.config, program_id)?;
        let address = *on.distributor.address();
        let mut distributor = load_mut::<Distributor>(&mut on.distributor, program_id)?;
        mature(&mut distributor, &config, time::now()?)?;
        ensure(distributor.active_epoch.get() != 0, Error::NoRoot)?;
        let index = args.index.get();
        let leaf = merkle::Leaf {
            program_id,
            distributor: &address,
            mint: &config.io_mint,
            wallet: &wallet,
            total,
            index,
        }
        .hash();
        check_proof(&distributor, leaf, index, proof)?;
        // Should the root's leaves promise more than its total, the last ones to come get less.
        distributor.claimed_total.add(due)?;
        let within = distributor.claimed_total.get() <= distributor.active_total.get();
        ensure(within, Error::ClaimExceedsTotal)?;
        distributor.active_epoch
    };
    load_mut::<ClaimStatus>(&mut on.claim_status, program_id)?.claimed = args.total;
    let has = token::read(&on.rewards_vault, |vault| vault.amount.get())?;
    ensure(has >= due, Error::RewardsShort)?;
    token::Move {
        from: &on.rewards_vault,
        to: &on.destination,
        owner: &on.authority,
        amount: due,
    }
    .pay(bump)?;
    emit(events::Claimed {
        wallet,
        destination: *on.destination.address(),
        epoch,
        amount: U64::new(due),
        claimed: args.total,
    });
    Ok(())
}

/// Returns the bump of the vaults' authority.
fn check_accounts(program_id: &Address, on: &instructions::Claim) -> Result<u8, ProgramError> {
    let config = load::<Config>(&on.config, program_id)?;
    not_paused(&config)?;
    is(&on.rewards_vault, &config.rewards_vault)?;
    is(&on.authority, &config.authority)?;
    // The wallet signed, but whoever pays the fee may have chosen where the tokens go.
    let is_wallets = token::read(&on.destination, |account| {
        same(&account.owner, on.wallet.address()) && same(&account.mint, &config.io_mint)
    })?;
    ensure(is_wallets, Error::WrongTokenAccount)?;
    Ok(config.authority_bump)
}

/// What the wallet has claimed so far; its record is made at the first claim.
fn claimed_before(program_id: &Address, on: &mut instructions::Claim) -> Result<u64, ProgramError> {
    if !pda::exists(&on.claim_status) {
        let mut bump = 0;
        pda::Creation {
            program_id,
            seeds: &[SEED_CLAIM, on.wallet.address().as_ref()],
            account: &on.claim_status,
            payer: &on.payer,
            owner: program_id,
            size: size_of::<ClaimStatus>(),
        }
        .run(&mut bump)?;
        let mut status = begin::<ClaimStatus>(&mut on.claim_status, program_id)?;
        status.bump = bump;
        status.wallet = *on.wallet.address();
    }
    let status = load::<ClaimStatus>(&on.claim_status, program_id)?;
    is(&on.wallet, &status.wallet)?;
    Ok(status.claimed.get())
}

/// The depth is that of the root, so neither a node nor a leaf of a longer branch can be shown.
fn check_proof(distributor: &Distributor, leaf: Hash, index: u32, proof: &[Hash]) -> ProgramResult {
    ensure(
        proof.len() == usize::from(distributor.active_depth),
        Error::BadProof,
    )?;
    ensure(index < distributor.active_leaf_count.get(), Error::BadProof)?;
    let root = merkle::root(leaf, index, proof);
    ensure(same_bytes(&root, &distributor.active_root), Error::BadProof)
}
