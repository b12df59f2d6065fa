// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.
import { type AccountMeta, type Instruction, Writer } from '../codec.ts';
import { type Outcome, outcomeVariants, type Role, roleVariants } from './types.ts';

export type InitializeAccounts = Readonly<{
  admin: string;
  config: string;
  authority: string;
  distributor: string;
  ioCustody: string;
  usdcCustody: string;
  stakeVault: string;
  rewardsVault: string;
  ioCustodyVault: string;
  usdcCustodyVault: string;
  ioMint: string;
  usdcMint: string;
  program: string;
  programData: string;
}>;

export type InitializeArgs = Readonly<{
  publisher: string;
  slasher: string;
  adjudicator: string;
  auditor: string;
  treasurer: string;
  genesisTs: number;
  cooldownSeconds: number;
  appealSeconds: number;
  adjudicationSeconds: number;
  challengeDelaySeconds: number;
  slashCapPerEpoch: bigint;
  emissionPerEpoch: bigint;
  ioPayOutCapPerEpoch: bigint;
  usdcPayOutCapPerEpoch: bigint;
}>;

/** Creates the configuration, the vaults and the custodies; once, by the upgrade authority. */
export function initializeInstruction(
  programId: string,
  accounts: InitializeAccounts,
  args: InitializeArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(175, 175, 109, 31, 13, 152, 155, 237), 8);
  writer.pubkey(args.publisher);
  writer.pubkey(args.slasher);
  writer.pubkey(args.adjudicator);
  writer.pubkey(args.auditor);
  writer.pubkey(args.treasurer);
  writer.i64(args.genesisTs);
  writer.i64(args.cooldownSeconds);
  writer.i64(args.appealSeconds);
  writer.i64(args.adjudicationSeconds);
  writer.i64(args.challengeDelaySeconds);
  writer.u64(args.slashCapPerEpoch);
  writer.u64(args.emissionPerEpoch);
  writer.u64(args.ioPayOutCapPerEpoch);
  writer.u64(args.usdcPayOutCapPerEpoch);
  return {
    programId,
    accounts: [
      { address: accounts.admin, isSigner: true, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      { address: accounts.distributor, isSigner: false, isWritable: true },
      { address: accounts.ioCustody, isSigner: false, isWritable: true },
      { address: accounts.usdcCustody, isSigner: false, isWritable: true },
      { address: accounts.stakeVault, isSigner: false, isWritable: true },
      { address: accounts.rewardsVault, isSigner: false, isWritable: true },
      { address: accounts.ioCustodyVault, isSigner: false, isWritable: true },
      { address: accounts.usdcCustodyVault, isSigner: false, isWritable: true },
      { address: accounts.ioMint, isSigner: false, isWritable: false },
      { address: accounts.usdcMint, isSigner: false, isWritable: false },
      { address: accounts.program, isSigner: false, isWritable: false },
      { address: accounts.programData, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      { address: '11111111111111111111111111111111', isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type StakeAccounts = Readonly<{
  owner: string;
  stake: string;
  config: string;
  source: string;
  stakeVault: string;
}>;

export type StakeArgs = Readonly<{
  deviceId: Uint8Array;
  amount: bigint;
}>;

/** Puts IO behind one device; more can be added until the cooldown was asked for. */
export function stakeInstruction(
  programId: string,
  accounts: StakeAccounts,
  args: StakeArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(206, 176, 202, 18, 200, 209, 179, 108), 8);
  writer.bytes(args.deviceId, 32);
  writer.u64(args.amount);
  return {
    programId,
    accounts: [
      { address: accounts.owner, isSigner: true, isWritable: true },
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: accounts.source, isSigner: false, isWritable: true },
      { address: accounts.stakeVault, isSigner: false, isWritable: true },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      { address: '11111111111111111111111111111111', isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type RequestUnstakeAccounts = Readonly<{
  owner: string;
  stake: string;
  config: string;
}>;

/** Starts the cooldown of a whole stake; there is no way back. */
export function requestUnstakeInstruction(
  programId: string,
  accounts: RequestUnstakeAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(44, 154, 110, 253, 160, 202, 54, 34), 8);

  return {
    programId,
    accounts: [
      { address: accounts.owner, isSigner: true, isWritable: false },
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type WithdrawAccounts = Readonly<{
  owner: string;
  stake: string;
  config: string;
  stakeVault: string;
  destination: string;
  authority: string;
}>;

/** Pays a stake out after its cooldown; the account goes once no case is open. */
export function withdrawInstruction(
  programId: string,
  accounts: WithdrawAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(183, 18, 70, 156, 148, 109, 161, 34), 8);

  return {
    programId,
    accounts: [
      { address: accounts.owner, isSigner: true, isWritable: true },
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: accounts.stakeVault, isSigner: false, isWritable: true },
      { address: accounts.destination, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type OpenCaseAccounts = Readonly<{
  slasher: string;
  stake: string;
  case: string;
  config: string;
}>;

export type OpenCaseArgs = Readonly<{
  caseId: Uint8Array;
  evidenceHash: Uint8Array;
  amount: bigint;
}>;

/** Moves stake into the escrow of a case, cooling stake included. */
export function openCaseInstruction(
  programId: string,
  accounts: OpenCaseAccounts,
  args: OpenCaseArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(249, 236, 95, 19, 245, 178, 92, 13), 8);
  writer.bytes(args.caseId, 32);
  writer.bytes(args.evidenceHash, 32);
  writer.u64(args.amount);
  return {
    programId,
    accounts: [
      { address: accounts.slasher, isSigner: true, isWritable: true },
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.case, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: '11111111111111111111111111111111', isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type AppealAccounts = Readonly<{
  owner: string;
  stake: string;
  case: string;
}>;

export type AppealArgs = Readonly<{
  appealHash: Uint8Array;
}>;

/** The owner of the stake contradicts before the deadline; only the adjudicator can burn then. */
export function appealInstruction(
  programId: string,
  accounts: AppealAccounts,
  args: AppealArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(250, 91, 1, 244, 179, 52, 75, 236), 8);
  writer.bytes(args.appealHash, 32);
  return {
    programId,
    accounts: [
      { address: accounts.owner, isSigner: true, isWritable: false },
      { address: accounts.stake, isSigner: false, isWritable: false },
      { address: accounts.case, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type ResolveAccounts = Readonly<{
  resolver: string;
  stake: string;
  case: string;
  config: string;
  stakeVault: string;
  ioMint: string;
  authority: string;
}>;

export type ResolveArgs = Readonly<{
  outcome: Outcome;
}>;

/** Upheld: burns an appealed case. Reversed: gives the stake back; also by anyone once the adjudicator let its time pass. */
export function resolveInstruction(
  programId: string,
  accounts: ResolveAccounts,
  args: ResolveArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(246, 150, 236, 206, 108, 63, 58, 10), 8);
  writer.variant(args.outcome, outcomeVariants);
  return {
    programId,
    accounts: [
      { address: accounts.resolver, isSigner: true, isWritable: false },
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.case, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: accounts.stakeVault, isSigner: false, isWritable: true },
      { address: accounts.ioMint, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type FinalizeBurnAccounts = Readonly<{
  stake: string;
  case: string;
  config: string;
  stakeVault: string;
  ioMint: string;
  authority: string;
}>;

/** Burns a case that nobody appealed by its deadline; anyone may. */
export function finalizeBurnInstruction(
  programId: string,
  accounts: FinalizeBurnAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(214, 238, 193, 136, 253, 151, 249, 13), 8);

  return {
    programId,
    accounts: [
      { address: accounts.stake, isSigner: false, isWritable: true },
      { address: accounts.case, isSigner: false, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: true },
      { address: accounts.stakeVault, isSigner: false, isWritable: true },
      { address: accounts.ioMint, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type PublishRootAccounts = Readonly<{
  publisher: string;
  config: string;
  distributor: string;
}>;

export type PublishRootArgs = Readonly<{
  epoch: number;
  root: Uint8Array;
  total: bigint;
  leafCount: number;
  depth: number;
}>;

/** Proposes the wallets' totals until an epoch; claims can use it after the challenge delay. */
export function publishRootInstruction(
  programId: string,
  accounts: PublishRootAccounts,
  args: PublishRootArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(50, 189, 35, 212, 180, 100, 87, 25), 8);
  writer.u32(args.epoch);
  writer.bytes(args.root, 32);
  writer.u64(args.total);
  writer.u32(args.leafCount);
  writer.u8(args.depth);
  return {
    programId,
    accounts: [
      { address: accounts.publisher, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.distributor, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type CancelRootAccounts = Readonly<{
  canceller: string;
  config: string;
  distributor: string;
}>;

/** Takes a root back while it is immature; by the auditor or the admin. */
export function cancelRootInstruction(
  programId: string,
  accounts: CancelRootAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(188, 58, 26, 90, 142, 29, 95, 60), 8);

  return {
    programId,
    accounts: [
      { address: accounts.canceller, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.distributor, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type ClaimAccounts = Readonly<{
  payer: string;
  wallet: string;
  config: string;
  distributor: string;
  claimStatus: string;
  rewardsVault: string;
  destination: string;
  authority: string;
}>;

export type ClaimArgs = Readonly<{
  index: number;
  total: bigint;
  proof: readonly Uint8Array[];
}>;

/** Pays what a wallet's total in the root exceeds what it has claimed. */
export function claimInstruction(
  programId: string,
  accounts: ClaimAccounts,
  args: ClaimArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(62, 198, 214, 193, 213, 159, 108, 210), 8);
  writer.u32(args.index);
  writer.u64(args.total);
  writer.vec(args.proof, (item) => writer.bytes(item, 32));
  return {
    programId,
    accounts: [
      { address: accounts.payer, isSigner: true, isWritable: true },
      { address: accounts.wallet, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.distributor, isSigner: false, isWritable: true },
      { address: accounts.claimStatus, isSigner: false, isWritable: true },
      { address: accounts.rewardsVault, isSigner: false, isWritable: true },
      { address: accounts.destination, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      { address: '11111111111111111111111111111111', isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type FundRewardsAccounts = Readonly<{
  funder: string;
  config: string;
  distributor: string;
  source: string;
  rewardsVault: string;
}>;

export type FundRewardsArgs = Readonly<{
  amount: bigint;
}>;

/** Moves IO into the vault that claims are paid from. */
export function fundRewardsInstruction(
  programId: string,
  accounts: FundRewardsAccounts,
  args: FundRewardsArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(114, 64, 163, 112, 175, 167, 19, 121), 8);
  writer.u64(args.amount);
  return {
    programId,
    accounts: [
      { address: accounts.funder, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.distributor, isSigner: false, isWritable: true },
      { address: accounts.source, isSigner: false, isWritable: true },
      { address: accounts.rewardsVault, isSigner: false, isWritable: true },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type DepositAccounts = Readonly<{
  depositor: string;
  config: string;
  custody: string;
  source: string;
  custodyVault: string;
}>;

export type DepositArgs = Readonly<{
  amount: bigint;
  reference: Uint8Array;
}>;

/** Moves tokens into custody, with a reference that says for what. */
export function depositInstruction(
  programId: string,
  accounts: DepositAccounts,
  args: DepositArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(242, 35, 198, 137, 82, 225, 242, 182), 8);
  writer.u64(args.amount);
  writer.bytes(args.reference, 32);
  return {
    programId,
    accounts: [
      { address: accounts.depositor, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.custody, isSigner: false, isWritable: true },
      { address: accounts.source, isSigner: false, isWritable: true },
      { address: accounts.custodyVault, isSigner: false, isWritable: true },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type PayOutAccounts = Readonly<{
  treasurer: string;
  config: string;
  custody: string;
  custodyVault: string;
  operation: string;
  authority: string;
}>;

export type PayOutArgs = Readonly<{
  operationId: Uint8Array;
  amounts: readonly bigint[];
}>;

/** Pays a batch out of custody; the operation makes sure that it happens at most once. The destinations follow as remaining accounts. */
export function payOutInstruction(
  programId: string,
  accounts: PayOutAccounts,
  args: PayOutArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(122, 7, 14, 119, 71, 188, 166, 34), 8);
  writer.bytes(args.operationId, 32);
  writer.vec(args.amounts, (item) => writer.u64(item));
  return {
    programId,
    accounts: [
      { address: accounts.treasurer, isSigner: true, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.custody, isSigner: false, isWritable: true },
      { address: accounts.custodyVault, isSigner: false, isWritable: true },
      { address: accounts.operation, isSigner: false, isWritable: true },
      { address: accounts.authority, isSigner: false, isWritable: false },
      {
        address: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
        isSigner: false,
        isWritable: false,
      },
      { address: '11111111111111111111111111111111', isSigner: false, isWritable: false },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type CloseOperationAccounts = Readonly<{
  treasurer: string;
  config: string;
  operation: string;
}>;

/** Gives back the rent of an operation that is too old to be repeated. */
export function closeOperationInstruction(
  programId: string,
  accounts: CloseOperationAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(237, 218, 172, 72, 33, 70, 119, 179), 8);

  return {
    programId,
    accounts: [
      { address: accounts.treasurer, isSigner: true, isWritable: true },
      { address: accounts.config, isSigner: false, isWritable: false },
      { address: accounts.operation, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type PauseAccounts = Readonly<{
  admin: string;
  config: string;
}>;

export type PauseArgs = Readonly<{
  paused: boolean;
}>;

/** Stops or lets go what moves money in, or out on the word of one key. Owners get their stake all the same. */
export function pauseInstruction(
  programId: string,
  accounts: PauseAccounts,
  args: PauseArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(211, 22, 221, 251, 74, 121, 193, 47), 8);
  writer.bool(args.paused);
  return {
    programId,
    accounts: [
      { address: accounts.admin, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type ProposeAuthorityAccounts = Readonly<{
  admin: string;
  config: string;
}>;

export type ProposeAuthorityArgs = Readonly<{
  role: Role;
  authority: string;
}>;

/** Names the next holder of a role, who has to accept. */
export function proposeAuthorityInstruction(
  programId: string,
  accounts: ProposeAuthorityAccounts,
  args: ProposeAuthorityArgs,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(20, 148, 236, 198, 76, 119, 99, 142), 8);
  writer.variant(args.role, roleVariants);
  writer.pubkey(args.authority);
  return {
    programId,
    accounts: [
      { address: accounts.admin, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}

export type AcceptAuthorityAccounts = Readonly<{
  authorityKey: string;
  config: string;
}>;

/** The proposed key takes its role. */
export function acceptAuthorityInstruction(
  programId: string,
  accounts: AcceptAuthorityAccounts,
  remaining: readonly AccountMeta[] = [],
): Instruction {
  const writer = new Writer().bytes(Uint8Array.of(107, 86, 198, 91, 33, 12, 107, 160), 8);

  return {
    programId,
    accounts: [
      { address: accounts.authorityKey, isSigner: true, isWritable: false },
      { address: accounts.config, isSigner: false, isWritable: true },
      ...remaining,
    ],
    data: writer.end(),
  };
}
