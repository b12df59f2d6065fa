// Generated from idl.json by hack/generate-program.ts; `make generate` writes it anew.

use crate::layout::{Args, Event, Layout, I64, U32, U64};
use pinocchio::{error::ProgramError, AccountView, Address};

pub const EPOCH_SECONDS: i64 = 3600;
pub const EMISSION_CAP: u64 = 30000000000000000;
pub const IO_DECIMALS: u8 = 8;
pub const USDC_DECIMALS: u8 = 6;
pub const MAX_DEPTH: u8 = 32;
pub const MAX_PAY_OUTS: u8 = 20;
pub const OPERATION_SECONDS: i64 = 2592000;
pub const OPERATION_AHEAD_SECONDS: i64 = 3600;
pub const TOKEN_PROGRAM: Address = Address::new_from_array([6, 221, 246, 225, 215, 101, 161, 147, 217, 203, 225, 70, 206, 235, 121, 172, 28, 180, 133, 237, 95, 91, 55, 145, 58, 140, 245, 133, 126, 255, 0, 169]);
pub const SYSTEM_PROGRAM: Address = Address::new_from_array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
pub const UPGRADEABLE_LOADER: Address = Address::new_from_array([2, 168, 246, 145, 78, 136, 161, 176, 226, 16, 21, 62, 247, 99, 174, 43, 0, 194, 185, 61, 22, 193, 36, 210, 192, 83, 122, 16, 4, 128, 0, 0]);
pub const SEED_CONFIG: &[u8] = b"config";
pub const SEED_AUTHORITY: &[u8] = b"authority";
pub const SEED_VAULT: &[u8] = b"vault";
pub const SEED_STAKE: &[u8] = b"stake";
pub const SEED_REWARDS: &[u8] = b"rewards";
pub const SEED_CUSTODY: &[u8] = b"custody";
pub const SEED_CASE: &[u8] = b"case";
pub const SEED_DISTRIBUTOR: &[u8] = b"distributor";
pub const SEED_CLAIM: &[u8] = b"claim";
pub const SEED_OPERATION: &[u8] = b"operation";

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    Admin = 0,
    Publisher = 1,
    Slasher = 2,
    Adjudicator = 3,
    Auditor = 4,
    Treasurer = 5,
}

impl Role {
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Admin),
            1 => Some(Self::Publisher),
            2 => Some(Self::Slasher),
            3 => Some(Self::Adjudicator),
            4 => Some(Self::Auditor),
            5 => Some(Self::Treasurer),
            _ => None,
        }
    }
}


#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CaseState {
    Open = 0,
    Appealed = 1,
    Reversed = 2,
    Burnt = 3,
}

impl CaseState {
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Open),
            1 => Some(Self::Appealed),
            2 => Some(Self::Reversed),
            3 => Some(Self::Burnt),
            _ => None,
        }
    }
}


#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    Upheld = 0,
    Reversed = 1,
}

impl Outcome {
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Upheld),
            1 => Some(Self::Reversed),
            _ => None,
        }
    }
}


#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
    /// The signer does not hold the role that this needs, or does not own the account.
    WrongAuthority = 6000,
    /// An account is not the one that the state names.
    WrongAccount = 6001,
    /// A program account is not the program that it has to be.
    WrongProgram = 6002,
    /// The cooldown of the stake is not over.
    CooldownNotOver = 6003,
    /// The proof does not lead from this wallet and total to the root.
    BadProof = 6004,
    /// An account that has to sign did not.
    MissingSignature = 6005,
    /// An account does not belong to the program that has to own it.
    WrongOwner = 6006,
    /// The account exists already.
    AlreadyExists = 6007,
    /// The instruction data has the wrong length or a value that is out of range.
    BadData = 6008,
    /// An amount left the range of 64 bits.
    Overflow = 6009,
    /// The program is paused.
    Paused = 6010,
    /// Nobody has asked to unstake.
    NotCooling = 6011,
    /// The stake is cooling down, which is irreversible.
    AlreadyCooling = 6012,
    /// All that is left of the stake is in open cases.
    NothingToWithdraw = 6013,
    /// The amount is zero.
    AmountZero = 6014,
    /// The case asks for more than the stake has.
    ExceedsStake = 6015,
    /// The cases of this epoch would exceed the cap.
    SlashCapReached = 6016,
    /// The hash is zero.
    HashZero = 6017,
    /// The case is decided.
    CaseClosed = 6018,
    /// Only an appealed case can be upheld.
    CaseNotAppealed = 6019,
    /// The case is appealed and waits for the adjudicator.
    CaseAppealed = 6020,
    /// The deadline for an appeal has passed.
    DeadlinePassed = 6021,
    /// The deadline is not over.
    DeadlineNotOver = 6022,
    /// The epoch is not after that of the last root.
    EpochNotAfter = 6023,
    /// The epoch is not over.
    EpochNotOver = 6024,
    /// The total of the root is less than that of the last one.
    TotalFalls = 6025,
    /// The total of the root grows by more than the epochs between may emit.
    TotalExceedsEmission = 6026,
    /// The depth is not that of a tree with so many leaves.
    BadDepth = 6027,
    /// The challenge delay of the pending root is not over.
    RootImmature = 6028,
    /// The challenge delay of the root is over.
    RootMature = 6029,
    /// There is no root.
    NoRoot = 6030,
    /// The wallet has claimed all of its total.
    NothingToClaim = 6031,
    /// All claims together would exceed the total of the root.
    ClaimExceedsTotal = 6032,
    /// The rewards vault has less than the claim.
    RewardsShort = 6033,
    /// The pay-outs of this epoch would exceed the cap.
    PayOutCapReached = 6034,
    /// A pay-out needs one destination for each amount, and at most as many as one operation takes.
    BadPayOut = 6035,
    /// The operation has been paid out.
    OperationDone = 6036,
    /// The operation is older than its window, or from the future.
    OperationExpired = 6037,
    /// The operation could still be repeated.
    OperationTooYoung = 6038,
    /// Slasher and adjudicator have to differ.
    SameKey = 6039,
    /// No authority is proposed.
    NoPendingAuthority = 6040,
    /// The destination is a vault of the program.
    VaultAsDestination = 6041,
    /// The token account has the wrong mint or owner.
    WrongTokenAccount = 6042,
    /// A mint has the wrong decimals, or both are the same.
    WrongMint = 6043,
    /// Only the upgrade authority of the program may initialize it.
    NotUpgradeAuthority = 6044,
}

impl From<Error> for ProgramError {
    fn from(error: Error) -> Self {
        ProgramError::Custom(error as u32)
    }
}

pub mod accounts {
    use super::*;

#[repr(C)]
pub struct Config {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub authority_bump: u8,
    pub paused: u8,
    pub authority: Address,
    pub admin: Address,
    pub publisher: Address,
    pub slasher: Address,
    pub adjudicator: Address,
    pub auditor: Address,
    pub treasurer: Address,
    pub pending_role: u8,
    pub pending_authority: Address,
    pub io_mint: Address,
    pub usdc_mint: Address,
    pub stake_vault: Address,
    pub rewards_vault: Address,
    pub genesis_ts: I64,
    pub cooldown_seconds: I64,
    pub appeal_seconds: I64,
    pub adjudication_seconds: I64,
    pub challenge_delay_seconds: I64,
    pub slash_cap_per_epoch: U64,
    pub emission_per_epoch: U64,
    pub slashed_epoch: U32,
    pub slashed_in_epoch: U64,
    pub total_staked: U64,
    pub total_escrowed: U64,
    pub total_burnt: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Config {
    const DISCRIMINATOR: [u8; 8] = [155, 12, 170, 224, 30, 250, 204, 130];
}
const _: () = assert!(core::mem::size_of::<Config>() == 488 && core::mem::align_of::<Config>() == 1);

#[repr(C)]
pub struct Stake {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub amount: U64,
    pub escrowed: U64,
    pub open_cases: U32,
    pub unlock_ts: I64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Stake {
    const DISCRIMINATOR: [u8; 8] = [150, 197, 176, 29, 55, 132, 112, 149];
}
const _: () = assert!(core::mem::size_of::<Stake>() == 101 && core::mem::align_of::<Stake>() == 1);

#[repr(C)]
pub struct Case {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub state: u8,
    pub stake: Address,
    pub case_id: [u8; 32],
    pub evidence_hash: [u8; 32],
    pub appeal_hash: [u8; 32],
    pub amount: U64,
    pub opened_ts: I64,
    pub deadline_ts: I64,
    pub appealed_ts: I64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Case {
    const DISCRIMINATOR: [u8; 8] = [24, 222, 147, 26, 60, 162, 154, 176];
}
const _: () = assert!(core::mem::size_of::<Case>() == 170 && core::mem::align_of::<Case>() == 1);

#[repr(C)]
pub struct Distributor {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub io_mint: Address,
    pub active_epoch: U32,
    pub active_root: [u8; 32],
    pub active_total: U64,
    pub active_leaf_count: U32,
    pub active_depth: u8,
    pub pending_epoch: U32,
    pub pending_root: [u8; 32],
    pub pending_total: U64,
    pub pending_leaf_count: U32,
    pub pending_depth: u8,
    pub published_ts: I64,
    pub claimed_total: U64,
    pub funded_total: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Distributor {
    const DISCRIMINATOR: [u8; 8] = [90, 90, 217, 147, 6, 32, 135, 4];
}
const _: () = assert!(core::mem::size_of::<Distributor>() == 163 && core::mem::align_of::<Distributor>() == 1);

#[repr(C)]
pub struct ClaimStatus {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub wallet: Address,
    pub claimed: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for ClaimStatus {
    const DISCRIMINATOR: [u8; 8] = [22, 183, 249, 157, 247, 95, 150, 96];
}
const _: () = assert!(core::mem::size_of::<ClaimStatus>() == 49 && core::mem::align_of::<ClaimStatus>() == 1);

#[repr(C)]
pub struct Custody {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub mint: Address,
    pub vault: Address,
    pub cap_per_epoch: U64,
    pub paid_epoch: U32,
    pub paid_in_epoch: U64,
    pub deposited_total: U64,
    pub paid_total: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Custody {
    const DISCRIMINATOR: [u8; 8] = [1, 184, 48, 81, 93, 131, 63, 145];
}
const _: () = assert!(core::mem::size_of::<Custody>() == 109 && core::mem::align_of::<Custody>() == 1);

#[repr(C)]
pub struct Operation {
    pub discriminator: [u8; 8],
    pub bump: u8,
    pub operation_id: [u8; 32],
    pub mint: Address,
    pub created_ts: I64,
    pub amount: U64,
    pub count: u8,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Layout for Operation {
    const DISCRIMINATOR: [u8; 8] = [171, 150, 196, 17, 229, 166, 58, 44];
}
const _: () = assert!(core::mem::size_of::<Operation>() == 90 && core::mem::align_of::<Operation>() == 1);
}

pub mod events {
    use super::*;

#[repr(C)]
pub struct Initialized {
    pub config: Address,
    pub admin: Address,
    pub io_mint: Address,
    pub usdc_mint: Address,
    pub genesis_ts: I64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for Initialized {
    const DISCRIMINATOR: [u8; 8] = [208, 213, 115, 98, 115, 82, 201, 209];
}
const _: () = assert!(core::mem::size_of::<Initialized>() == 136 && core::mem::align_of::<Initialized>() == 1);

#[repr(C)]
pub struct Staked {
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub amount: U64,
    pub staked: U64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for Staked {
    const DISCRIMINATOR: [u8; 8] = [11, 146, 45, 205, 230, 58, 213, 240];
}
const _: () = assert!(core::mem::size_of::<Staked>() == 112 && core::mem::align_of::<Staked>() == 1);

#[repr(C)]
pub struct UnstakeRequested {
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub amount: U64,
    pub unlock_ts: I64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for UnstakeRequested {
    const DISCRIMINATOR: [u8; 8] = [21, 253, 177, 85, 129, 206, 42, 152];
}
const _: () = assert!(core::mem::size_of::<UnstakeRequested>() == 112 && core::mem::align_of::<UnstakeRequested>() == 1);

#[repr(C)]
pub struct Withdrawn {
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub amount: U64,
    pub closed: u8,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for Withdrawn {
    const DISCRIMINATOR: [u8; 8] = [20, 89, 223, 198, 194, 124, 219, 13];
}
const _: () = assert!(core::mem::size_of::<Withdrawn>() == 105 && core::mem::align_of::<Withdrawn>() == 1);

#[repr(C)]
pub struct CaseOpened {
    pub case: Address,
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub case_id: [u8; 32],
    pub evidence_hash: [u8; 32],
    pub amount: U64,
    pub opened_ts: I64,
    pub deadline_ts: I64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for CaseOpened {
    const DISCRIMINATOR: [u8; 8] = [245, 105, 188, 107, 134, 28, 213, 139];
}
const _: () = assert!(core::mem::size_of::<CaseOpened>() == 216 && core::mem::align_of::<CaseOpened>() == 1);

#[repr(C)]
pub struct CaseAppealed {
    pub case: Address,
    pub stake: Address,
    pub case_id: [u8; 32],
    pub appeal_hash: [u8; 32],
    pub appealed_ts: I64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for CaseAppealed {
    const DISCRIMINATOR: [u8; 8] = [40, 7, 11, 107, 20, 198, 16, 223];
}
const _: () = assert!(core::mem::size_of::<CaseAppealed>() == 136 && core::mem::align_of::<CaseAppealed>() == 1);

#[repr(C)]
pub struct CaseReversed {
    pub case: Address,
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub case_id: [u8; 32],
    pub amount: U64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for CaseReversed {
    const DISCRIMINATOR: [u8; 8] = [220, 41, 229, 36, 163, 28, 173, 184];
}
const _: () = assert!(core::mem::size_of::<CaseReversed>() == 168 && core::mem::align_of::<CaseReversed>() == 1);

#[repr(C)]
pub struct CaseBurnt {
    pub case: Address,
    pub stake: Address,
    pub owner: Address,
    pub device_id: [u8; 32],
    pub case_id: [u8; 32],
    pub amount: U64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for CaseBurnt {
    const DISCRIMINATOR: [u8; 8] = [204, 143, 35, 182, 53, 201, 92, 175];
}
const _: () = assert!(core::mem::size_of::<CaseBurnt>() == 168 && core::mem::align_of::<CaseBurnt>() == 1);

#[repr(C)]
pub struct RootPublished {
    pub epoch: U32,
    pub root: [u8; 32],
    pub total: U64,
    pub leaf_count: U32,
    pub depth: u8,
    pub published_ts: I64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for RootPublished {
    const DISCRIMINATOR: [u8; 8] = [231, 234, 14, 142, 140, 65, 122, 203];
}
const _: () = assert!(core::mem::size_of::<RootPublished>() == 57 && core::mem::align_of::<RootPublished>() == 1);

#[repr(C)]
pub struct RootCancelled {
    pub epoch: U32,
    pub root: [u8; 32],
    pub canceller: Address,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for RootCancelled {
    const DISCRIMINATOR: [u8; 8] = [156, 152, 156, 186, 86, 26, 114, 238];
}
const _: () = assert!(core::mem::size_of::<RootCancelled>() == 68 && core::mem::align_of::<RootCancelled>() == 1);

#[repr(C)]
pub struct Claimed {
    pub wallet: Address,
    pub destination: Address,
    pub epoch: U32,
    pub amount: U64,
    pub claimed: U64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for Claimed {
    const DISCRIMINATOR: [u8; 8] = [217, 192, 123, 72, 108, 150, 248, 33];
}
const _: () = assert!(core::mem::size_of::<Claimed>() == 84 && core::mem::align_of::<Claimed>() == 1);

#[repr(C)]
pub struct RewardsFunded {
    pub funder: Address,
    pub amount: U64,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for RewardsFunded {
    const DISCRIMINATOR: [u8; 8] = [84, 233, 245, 203, 228, 147, 165, 92];
}
const _: () = assert!(core::mem::size_of::<RewardsFunded>() == 40 && core::mem::align_of::<RewardsFunded>() == 1);

#[repr(C)]
pub struct Deposited {
    pub mint: Address,
    pub depositor: Address,
    pub source: Address,
    pub amount: U64,
    pub reference: [u8; 32],
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for Deposited {
    const DISCRIMINATOR: [u8; 8] = [111, 141, 26, 45, 161, 35, 100, 57];
}
const _: () = assert!(core::mem::size_of::<Deposited>() == 136 && core::mem::align_of::<Deposited>() == 1);

#[repr(C)]
pub struct PaidOut {
    pub operation: Address,
    pub operation_id: [u8; 32],
    pub mint: Address,
    pub amount: U64,
    pub count: u8,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for PaidOut {
    const DISCRIMINATOR: [u8; 8] = [6, 137, 209, 225, 252, 53, 249, 252];
}
const _: () = assert!(core::mem::size_of::<PaidOut>() == 105 && core::mem::align_of::<PaidOut>() == 1);

#[repr(C)]
pub struct OperationClosed {
    pub operation: Address,
    pub operation_id: [u8; 32],
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for OperationClosed {
    const DISCRIMINATOR: [u8; 8] = [57, 9, 212, 71, 193, 186, 8, 193];
}
const _: () = assert!(core::mem::size_of::<OperationClosed>() == 64 && core::mem::align_of::<OperationClosed>() == 1);

#[repr(C)]
pub struct PauseChanged {
    pub paused: u8,
    pub admin: Address,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for PauseChanged {
    const DISCRIMINATOR: [u8; 8] = [238, 188, 213, 78, 134, 209, 178, 218];
}
const _: () = assert!(core::mem::size_of::<PauseChanged>() == 33 && core::mem::align_of::<PauseChanged>() == 1);

#[repr(C)]
pub struct AuthorityProposed {
    pub role: u8,
    pub authority: Address,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for AuthorityProposed {
    const DISCRIMINATOR: [u8; 8] = [244, 117, 94, 112, 53, 151, 35, 89];
}
const _: () = assert!(core::mem::size_of::<AuthorityProposed>() == 33 && core::mem::align_of::<AuthorityProposed>() == 1);

#[repr(C)]
pub struct AuthorityAccepted {
    pub role: u8,
    pub authority: Address,
}

// SAFETY: every field has alignment 1, so there is no padding.
unsafe impl Event for AuthorityAccepted {
    const DISCRIMINATOR: [u8; 8] = [166, 192, 219, 188, 41, 209, 195, 26];
}
const _: () = assert!(core::mem::size_of::<AuthorityAccepted>() == 33 && core::mem::align_of::<AuthorityAccepted>() == 1);
}

pub mod args {
    use super::*;

#[repr(C)]
pub struct Initialize {
    pub publisher: Address,
    pub slasher: Address,
    pub adjudicator: Address,
    pub auditor: Address,
    pub treasurer: Address,
    pub genesis_ts: I64,
    pub cooldown_seconds: I64,
    pub appeal_seconds: I64,
    pub adjudication_seconds: I64,
    pub challenge_delay_seconds: I64,
    pub slash_cap_per_epoch: U64,
    pub emission_per_epoch: U64,
    pub io_pay_out_cap_per_epoch: U64,
    pub usdc_pay_out_cap_per_epoch: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Initialize {}
const _: () = assert!(core::mem::size_of::<Initialize>() == 232 && core::mem::align_of::<Initialize>() == 1);

#[repr(C)]
pub struct Stake {
    pub device_id: [u8; 32],
    pub amount: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Stake {}
const _: () = assert!(core::mem::size_of::<Stake>() == 40 && core::mem::align_of::<Stake>() == 1);

#[repr(C)]
pub struct OpenCase {
    pub case_id: [u8; 32],
    pub evidence_hash: [u8; 32],
    pub amount: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for OpenCase {}
const _: () = assert!(core::mem::size_of::<OpenCase>() == 72 && core::mem::align_of::<OpenCase>() == 1);

#[repr(C)]
pub struct Appeal {
    pub appeal_hash: [u8; 32],
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Appeal {}
const _: () = assert!(core::mem::size_of::<Appeal>() == 32 && core::mem::align_of::<Appeal>() == 1);

#[repr(C)]
pub struct Resolve {
    pub outcome: u8,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Resolve {}
const _: () = assert!(core::mem::size_of::<Resolve>() == 1 && core::mem::align_of::<Resolve>() == 1);

#[repr(C)]
pub struct PublishRoot {
    pub epoch: U32,
    pub root: [u8; 32],
    pub total: U64,
    pub leaf_count: U32,
    pub depth: u8,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for PublishRoot {}
const _: () = assert!(core::mem::size_of::<PublishRoot>() == 49 && core::mem::align_of::<PublishRoot>() == 1);

#[repr(C)]
pub struct Claim {
    pub index: U32,
    pub total: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Claim {}
const _: () = assert!(core::mem::size_of::<Claim>() == 12 && core::mem::align_of::<Claim>() == 1);

#[repr(C)]
pub struct FundRewards {
    pub amount: U64,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for FundRewards {}
const _: () = assert!(core::mem::size_of::<FundRewards>() == 8 && core::mem::align_of::<FundRewards>() == 1);

#[repr(C)]
pub struct Deposit {
    pub amount: U64,
    pub reference: [u8; 32],
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Deposit {}
const _: () = assert!(core::mem::size_of::<Deposit>() == 40 && core::mem::align_of::<Deposit>() == 1);

#[repr(C)]
pub struct PayOut {
    pub operation_id: [u8; 32],
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for PayOut {}
const _: () = assert!(core::mem::size_of::<PayOut>() == 32 && core::mem::align_of::<PayOut>() == 1);

#[repr(C)]
pub struct Pause {
    pub paused: u8,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for Pause {}
const _: () = assert!(core::mem::size_of::<Pause>() == 1 && core::mem::align_of::<Pause>() == 1);

#[repr(C)]
pub struct ProposeAuthority {
    pub role: u8,
    pub authority: Address,
}

// SAFETY: every field has alignment 1 and allows all bytes.
unsafe impl Args for ProposeAuthority {}
const _: () = assert!(core::mem::size_of::<ProposeAuthority>() == 33 && core::mem::align_of::<ProposeAuthority>() == 1);
}

pub mod discriminators {
pub const INITIALIZE: u64 = 17121445590508351407;
pub const STAKE: u64 = 7832834834166362318;
pub const REQUEST_UNSTAKE: u64 = 2465380638827387436;
pub const WITHDRAW: u64 = 2495396153584390839;
pub const OPEN_CASE: u64 = 962841186012228857;
pub const APPEAL: u64 = 17026760763701812218;
pub const RESOLVE: u64 = 736971225589126902;
pub const FINALIZE_BURN: u64 = 1007003106870947542;
pub const PUBLISH_ROOT: u64 = 1826038901738028338;
pub const CANCEL_ROOT: u64 = 4350228262297418428;
pub const CLAIM: u64 = 15162669785878545982;
pub const FUND_REWARDS: u64 = 8724501275097645170;
pub const DEPOSIT: u64 = 13182846803881894898;
pub const PAY_OUT: u64 = 2496890058549626746;
pub const CLOSE_OPERATION: u64 = 12931881963784821485;
pub const PAUSE: u64 = 3441164953247880915;
pub const PROPOSE_AUTHORITY: u64 = 10260175547718734868;
pub const ACCEPT_AUTHORITY: u64 = 11559346205989688939;
}

pub mod instructions {
    use super::*;

/// Creates the configuration, the vaults and the custodies; once, by the upgrade authority.
pub struct Initialize {
    pub admin: AccountView,
    pub config: AccountView,
    pub authority: AccountView,
    pub distributor: AccountView,
    pub io_custody: AccountView,
    pub usdc_custody: AccountView,
    pub stake_vault: AccountView,
    pub rewards_vault: AccountView,
    pub io_custody_vault: AccountView,
    pub usdc_custody_vault: AccountView,
    pub io_mint: AccountView,
    pub usdc_mint: AccountView,
    pub program: AccountView,
    pub program_data: AccountView,
    pub token_program: AccountView,
    pub system_program: AccountView,
}

impl Initialize {
    /// More accounts may follow.
    pub const COUNT: usize = 16;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [admin, config, authority, distributor, io_custody, usdc_custody, stake_vault, rewards_vault, io_custody_vault, usdc_custody_vault, io_mint, usdc_mint, program, program_data, token_program, system_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(admin)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        crate::checks::program(system_program, &SYSTEM_PROGRAM)?;
        Ok(Self {
            admin: *admin,
            config: *config,
            authority: *authority,
            distributor: *distributor,
            io_custody: *io_custody,
            usdc_custody: *usdc_custody,
            stake_vault: *stake_vault,
            rewards_vault: *rewards_vault,
            io_custody_vault: *io_custody_vault,
            usdc_custody_vault: *usdc_custody_vault,
            io_mint: *io_mint,
            usdc_mint: *usdc_mint,
            program: *program,
            program_data: *program_data,
            token_program: *token_program,
            system_program: *system_program,
        })
    }
}

/// Puts IO behind one device; more can be added until the cooldown was asked for.
pub struct Stake {
    pub owner: AccountView,
    pub stake: AccountView,
    pub config: AccountView,
    pub source: AccountView,
    pub stake_vault: AccountView,
    pub token_program: AccountView,
    pub system_program: AccountView,
}

impl Stake {
    /// More accounts may follow.
    pub const COUNT: usize = 7;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [owner, stake, config, source, stake_vault, token_program, system_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(owner)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        crate::checks::program(system_program, &SYSTEM_PROGRAM)?;
        Ok(Self {
            owner: *owner,
            stake: *stake,
            config: *config,
            source: *source,
            stake_vault: *stake_vault,
            token_program: *token_program,
            system_program: *system_program,
        })
    }
}

/// Starts the cooldown of a whole stake; there is no way back.
pub struct RequestUnstake {
    pub owner: AccountView,
    pub stake: AccountView,
    pub config: AccountView,
}

impl RequestUnstake {
    /// More accounts may follow.
    pub const COUNT: usize = 3;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [owner, stake, config, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(owner)?;
        Ok(Self {
            owner: *owner,
            stake: *stake,
            config: *config,
        })
    }
}

/// Pays a stake out after its cooldown; the account goes once no case is open.
pub struct Withdraw {
    pub owner: AccountView,
    pub stake: AccountView,
    pub config: AccountView,
    pub stake_vault: AccountView,
    pub destination: AccountView,
    pub authority: AccountView,
    pub token_program: AccountView,
}

impl Withdraw {
    /// More accounts may follow.
    pub const COUNT: usize = 7;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [owner, stake, config, stake_vault, destination, authority, token_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(owner)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        Ok(Self {
            owner: *owner,
            stake: *stake,
            config: *config,
            stake_vault: *stake_vault,
            destination: *destination,
            authority: *authority,
            token_program: *token_program,
        })
    }
}

/// Moves stake into the escrow of a case, cooling stake included.
pub struct OpenCase {
    pub slasher: AccountView,
    pub stake: AccountView,
    pub case: AccountView,
    pub config: AccountView,
    pub system_program: AccountView,
}

impl OpenCase {
    /// More accounts may follow.
    pub const COUNT: usize = 5;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [slasher, stake, case, config, system_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(slasher)?;
        crate::checks::program(system_program, &SYSTEM_PROGRAM)?;
        Ok(Self {
            slasher: *slasher,
            stake: *stake,
            case: *case,
            config: *config,
            system_program: *system_program,
        })
    }
}

/// The owner of the stake contradicts before the deadline; only the adjudicator can burn then.
pub struct Appeal {
    pub owner: AccountView,
    pub stake: AccountView,
    pub case: AccountView,
}

impl Appeal {
    /// More accounts may follow.
    pub const COUNT: usize = 3;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [owner, stake, case, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(owner)?;
        Ok(Self {
            owner: *owner,
            stake: *stake,
            case: *case,
        })
    }
}

/// Upheld: burns an appealed case. Reversed: gives the stake back; also by anyone once the adjudicator let its time pass.
pub struct Resolve {
    pub resolver: AccountView,
    pub stake: AccountView,
    pub case: AccountView,
    pub config: AccountView,
    pub stake_vault: AccountView,
    pub io_mint: AccountView,
    pub authority: AccountView,
    pub token_program: AccountView,
}

impl Resolve {
    /// More accounts may follow.
    pub const COUNT: usize = 8;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [resolver, stake, case, config, stake_vault, io_mint, authority, token_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(resolver)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        Ok(Self {
            resolver: *resolver,
            stake: *stake,
            case: *case,
            config: *config,
            stake_vault: *stake_vault,
            io_mint: *io_mint,
            authority: *authority,
            token_program: *token_program,
        })
    }
}

/// Burns a case that nobody appealed by its deadline; anyone may.
pub struct FinalizeBurn {
    pub stake: AccountView,
    pub case: AccountView,
    pub config: AccountView,
    pub stake_vault: AccountView,
    pub io_mint: AccountView,
    pub authority: AccountView,
    pub token_program: AccountView,
}

impl FinalizeBurn {
    /// More accounts may follow.
    pub const COUNT: usize = 7;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [stake, case, config, stake_vault, io_mint, authority, token_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        Ok(Self {
            stake: *stake,
            case: *case,
            config: *config,
            stake_vault: *stake_vault,
            io_mint: *io_mint,
            authority: *authority,
            token_program: *token_program,
        })
    }
}

/// Proposes the wallets' totals until an epoch; claims can use it after the challenge delay.
pub struct PublishRoot {
    pub publisher: AccountView,
    pub config: AccountView,
    pub distributor: AccountView,
}

impl PublishRoot {
    /// More accounts may follow.
    pub const COUNT: usize = 3;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [publisher, config, distributor, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(publisher)?;
        Ok(Self {
            publisher: *publisher,
            config: *config,
            distributor: *distributor,
        })
    }
}

/// Takes a root back while it is immature; by the auditor or the admin.
pub struct CancelRoot {
    pub canceller: AccountView,
    pub config: AccountView,
    pub distributor: AccountView,
}

impl CancelRoot {
    /// More accounts may follow.
    pub const COUNT: usize = 3;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [canceller, config, distributor, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(canceller)?;
        Ok(Self {
            canceller: *canceller,
            config: *config,
            distributor: *distributor,
        })
    }
}

/// Pays what a wallet's total in the root exceeds what it has claimed.
pub struct Claim {
    pub payer: AccountView,
    pub wallet: AccountView,
    pub config: AccountView,
    pub distributor: AccountView,
    pub claim_status: AccountView,
    pub rewards_vault: AccountView,
    pub destination: AccountView,
    pub authority: AccountView,
    pub token_program: AccountView,
    pub system_program: AccountView,
}

impl Claim {
    /// More accounts may follow.
    pub const COUNT: usize = 10;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [payer, wallet, config, distributor, claim_status, rewards_vault, destination, authority, token_program, system_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(payer)?;
        crate::checks::signer(wallet)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        crate::checks::program(system_program, &SYSTEM_PROGRAM)?;
        Ok(Self {
            payer: *payer,
            wallet: *wallet,
            config: *config,
            distributor: *distributor,
            claim_status: *claim_status,
            rewards_vault: *rewards_vault,
            destination: *destination,
            authority: *authority,
            token_program: *token_program,
            system_program: *system_program,
        })
    }
}

/// Moves IO into the vault that claims are paid from.
pub struct FundRewards {
    pub funder: AccountView,
    pub config: AccountView,
    pub distributor: AccountView,
    pub source: AccountView,
    pub rewards_vault: AccountView,
    pub token_program: AccountView,
}

impl FundRewards {
    /// More accounts may follow.
    pub const COUNT: usize = 6;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [funder, config, distributor, source, rewards_vault, token_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(funder)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        Ok(Self {
            funder: *funder,
            config: *config,
            distributor: *distributor,
            source: *source,
            rewards_vault: *rewards_vault,
            token_program: *token_program,
        })
    }
}

/// Moves tokens into custody, with a reference that says for what.
pub struct Deposit {
    pub depositor: AccountView,
    pub config: AccountView,
    pub custody: AccountView,
    pub source: AccountView,
    pub custody_vault: AccountView,
    pub token_program: AccountView,
}

impl Deposit {
    /// More accounts may follow.
    pub const COUNT: usize = 6;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [depositor, config, custody, source, custody_vault, token_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(depositor)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        Ok(Self {
            depositor: *depositor,
            config: *config,
            custody: *custody,
            source: *source,
            custody_vault: *custody_vault,
            token_program: *token_program,
        })
    }
}

/// Pays a batch out of custody; the operation makes sure that it happens at most once. The destinations follow as remaining accounts.
pub struct PayOut {
    pub treasurer: AccountView,
    pub config: AccountView,
    pub custody: AccountView,
    pub custody_vault: AccountView,
    pub operation: AccountView,
    pub authority: AccountView,
    pub token_program: AccountView,
    pub system_program: AccountView,
}

impl PayOut {
    /// More accounts may follow.
    pub const COUNT: usize = 8;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [treasurer, config, custody, custody_vault, operation, authority, token_program, system_program, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(treasurer)?;
        crate::checks::program(token_program, &TOKEN_PROGRAM)?;
        crate::checks::program(system_program, &SYSTEM_PROGRAM)?;
        Ok(Self {
            treasurer: *treasurer,
            config: *config,
            custody: *custody,
            custody_vault: *custody_vault,
            operation: *operation,
            authority: *authority,
            token_program: *token_program,
            system_program: *system_program,
        })
    }
}

/// Gives back the rent of an operation that is too old to be repeated.
pub struct CloseOperation {
    pub treasurer: AccountView,
    pub config: AccountView,
    pub operation: AccountView,
}

impl CloseOperation {
    /// More accounts may follow.
    pub const COUNT: usize = 3;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [treasurer, config, operation, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(treasurer)?;
        Ok(Self {
            treasurer: *treasurer,
            config: *config,
            operation: *operation,
        })
    }
}

/// Stops or lets go what moves money in, or out on the word of one key. Owners get their stake all the same.
pub struct Pause {
    pub admin: AccountView,
    pub config: AccountView,
}

impl Pause {
    /// More accounts may follow.
    pub const COUNT: usize = 2;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [admin, config, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(admin)?;
        Ok(Self {
            admin: *admin,
            config: *config,
        })
    }
}

/// Names the next holder of a role, who has to accept.
pub struct ProposeAuthority {
    pub admin: AccountView,
    pub config: AccountView,
}

impl ProposeAuthority {
    /// More accounts may follow.
    pub const COUNT: usize = 2;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [admin, config, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(admin)?;
        Ok(Self {
            admin: *admin,
            config: *config,
        })
    }
}

/// The proposed key takes its role.
pub struct AcceptAuthority {
    pub authority_key: AccountView,
    pub config: AccountView,
}

impl AcceptAuthority {
    /// More accounts may follow.
    pub const COUNT: usize = 2;

    /// The accounts in their order; signatures and programs are checked.
    pub fn parse(accounts: &[AccountView]) -> Result<Self, ProgramError> {
        let [authority_key, config, ..] = accounts else {
            return Err(ProgramError::NotEnoughAccountKeys);
        };
        crate::checks::signer(authority_key)?;
        Ok(Self {
            authority_key: *authority_key,
            config: *config,
        })
    }
}
}
