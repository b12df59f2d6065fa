// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.
import { Reader, startsWith } from '../codec.ts';
import { type Role, roleVariants } from './types.ts';

export type InitializedEvent = Readonly<{
  kind: 'Initialized';
  config: string;
  admin: string;
  ioMint: string;
  usdcMint: string;
  genesisTs: number;
}>;

export type StakedEvent = Readonly<{
  kind: 'Staked';
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  amount: bigint;
  staked: bigint;
}>;

export type UnstakeRequestedEvent = Readonly<{
  kind: 'UnstakeRequested';
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  amount: bigint;
  unlockTs: number;
}>;

export type WithdrawnEvent = Readonly<{
  kind: 'Withdrawn';
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  amount: bigint;
  closed: boolean;
}>;

export type CaseOpenedEvent = Readonly<{
  kind: 'CaseOpened';
  case: string;
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  caseId: Uint8Array;
  evidenceHash: Uint8Array;
  amount: bigint;
  openedTs: number;
  deadlineTs: number;
}>;

export type CaseAppealedEvent = Readonly<{
  kind: 'CaseAppealed';
  case: string;
  stake: string;
  caseId: Uint8Array;
  appealHash: Uint8Array;
  appealedTs: number;
}>;

export type CaseReversedEvent = Readonly<{
  kind: 'CaseReversed';
  case: string;
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  caseId: Uint8Array;
  amount: bigint;
}>;

export type CaseBurntEvent = Readonly<{
  kind: 'CaseBurnt';
  case: string;
  stake: string;
  owner: string;
  deviceId: Uint8Array;
  caseId: Uint8Array;
  amount: bigint;
}>;

export type RootPublishedEvent = Readonly<{
  kind: 'RootPublished';
  epoch: number;
  root: Uint8Array;
  total: bigint;
  leafCount: number;
  depth: number;
  publishedTs: number;
}>;

export type RootCancelledEvent = Readonly<{
  kind: 'RootCancelled';
  epoch: number;
  root: Uint8Array;
  canceller: string;
}>;

export type ClaimedEvent = Readonly<{
  kind: 'Claimed';
  wallet: string;
  destination: string;
  epoch: number;
  amount: bigint;
  claimed: bigint;
}>;

export type RewardsFundedEvent = Readonly<{
  kind: 'RewardsFunded';
  funder: string;
  amount: bigint;
}>;

export type DepositedEvent = Readonly<{
  kind: 'Deposited';
  mint: string;
  depositor: string;
  source: string;
  amount: bigint;
  reference: Uint8Array;
}>;

export type PaidOutEvent = Readonly<{
  kind: 'PaidOut';
  operation: string;
  operationId: Uint8Array;
  mint: string;
  amount: bigint;
  count: number;
}>;

export type OperationClosedEvent = Readonly<{
  kind: 'OperationClosed';
  operation: string;
  operationId: Uint8Array;
}>;

export type PauseChangedEvent = Readonly<{
  kind: 'PauseChanged';
  paused: boolean;
  admin: string;
}>;

export type AuthorityProposedEvent = Readonly<{
  kind: 'AuthorityProposed';
  role: Role;
  authority: string;
}>;

export type AuthorityAcceptedEvent = Readonly<{
  kind: 'AuthorityAccepted';
  role: Role;
  authority: string;
}>;
export type ProgramEvent =
  | InitializedEvent
  | StakedEvent
  | UnstakeRequestedEvent
  | WithdrawnEvent
  | CaseOpenedEvent
  | CaseAppealedEvent
  | CaseReversedEvent
  | CaseBurntEvent
  | RootPublishedEvent
  | RootCancelledEvent
  | ClaimedEvent
  | RewardsFundedEvent
  | DepositedEvent
  | PaidOutEvent
  | OperationClosedEvent
  | PauseChangedEvent
  | AuthorityProposedEvent
  | AuthorityAcceptedEvent;

const decoders = [
  {
    discriminator: Uint8Array.of(208, 213, 115, 98, 115, 82, 201, 209),
    size: 144,
    read: (reader: Reader): InitializedEvent => ({
      kind: 'Initialized',
      config: reader.pubkey(),
      admin: reader.pubkey(),
      ioMint: reader.pubkey(),
      usdcMint: reader.pubkey(),
      genesisTs: reader.i64(),
    }),
  },
  {
    discriminator: Uint8Array.of(11, 146, 45, 205, 230, 58, 213, 240),
    size: 120,
    read: (reader: Reader): StakedEvent => ({
      kind: 'Staked',
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      amount: reader.u64(),
      staked: reader.u64(),
    }),
  },
  {
    discriminator: Uint8Array.of(21, 253, 177, 85, 129, 206, 42, 152),
    size: 120,
    read: (reader: Reader): UnstakeRequestedEvent => ({
      kind: 'UnstakeRequested',
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      amount: reader.u64(),
      unlockTs: reader.i64(),
    }),
  },
  {
    discriminator: Uint8Array.of(20, 89, 223, 198, 194, 124, 219, 13),
    size: 113,
    read: (reader: Reader): WithdrawnEvent => ({
      kind: 'Withdrawn',
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      amount: reader.u64(),
      closed: reader.bool(),
    }),
  },
  {
    discriminator: Uint8Array.of(245, 105, 188, 107, 134, 28, 213, 139),
    size: 224,
    read: (reader: Reader): CaseOpenedEvent => ({
      kind: 'CaseOpened',
      case: reader.pubkey(),
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      caseId: reader.bytes(32),
      evidenceHash: reader.bytes(32),
      amount: reader.u64(),
      openedTs: reader.i64(),
      deadlineTs: reader.i64(),
    }),
  },
  {
    discriminator: Uint8Array.of(40, 7, 11, 107, 20, 198, 16, 223),
    size: 144,
    read: (reader: Reader): CaseAppealedEvent => ({
      kind: 'CaseAppealed',
      case: reader.pubkey(),
      stake: reader.pubkey(),
      caseId: reader.bytes(32),
      appealHash: reader.bytes(32),
      appealedTs: reader.i64(),
    }),
  },
  {
    discriminator: Uint8Array.of(220, 41, 229, 36, 163, 28, 173, 184),
    size: 176,
    read: (reader: Reader): CaseReversedEvent => ({
      kind: 'CaseReversed',
      case: reader.pubkey(),
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      caseId: reader.bytes(32),
      amount: reader.u64(),
    }),
  },
  {
    discriminator: Uint8Array.of(204, 143, 35, 182, 53, 201, 92, 175),
    size: 176,
    read: (reader: Reader): CaseBurntEvent => ({
      kind: 'CaseBurnt',
      case: reader.pubkey(),
      stake: reader.pubkey(),
      owner: reader.pubkey(),
      deviceId: reader.bytes(32),
      caseId: reader.bytes(32),
      amount: reader.u64(),
    }),
  },
  {
    discriminator: Uint8Array.of(231, 234, 14, 142, 140, 65, 122, 203),
    size: 65,
    read: (reader: Reader): RootPublishedEvent => ({
      kind: 'RootPublished',
      epoch: reader.u32(),
      root: reader.bytes(32),
      total: reader.u64(),
      leafCount: reader.u32(),
      depth: reader.u8(),
      publishedTs: reader.i64(),
    }),
  },
  {
    discriminator: Uint8Array.of(156, 152, 156, 186, 86, 26, 114, 238),
    size: 76,
    read: (reader: Reader): RootCancelledEvent => ({
      kind: 'RootCancelled',
      epoch: reader.u32(),
      root: reader.bytes(32),
      canceller: reader.pubkey(),
    }),
  },
  {
    discriminator: Uint8Array.of(217, 192, 123, 72, 108, 150, 248, 33),
    size: 92,
    read: (reader: Reader): ClaimedEvent => ({
      kind: 'Claimed',
      wallet: reader.pubkey(),
      destination: reader.pubkey(),
      epoch: reader.u32(),
      amount: reader.u64(),
      claimed: reader.u64(),
    }),
  },
  {
    discriminator: Uint8Array.of(84, 233, 245, 203, 228, 147, 165, 92),
    size: 48,
    read: (reader: Reader): RewardsFundedEvent => ({
      kind: 'RewardsFunded',
      funder: reader.pubkey(),
      amount: reader.u64(),
    }),
  },
  {
    discriminator: Uint8Array.of(111, 141, 26, 45, 161, 35, 100, 57),
    size: 144,
    read: (reader: Reader): DepositedEvent => ({
      kind: 'Deposited',
      mint: reader.pubkey(),
      depositor: reader.pubkey(),
      source: reader.pubkey(),
      amount: reader.u64(),
      reference: reader.bytes(32),
    }),
  },
  {
    discriminator: Uint8Array.of(6, 137, 209, 225, 252, 53, 249, 252),
    size: 113,
    read: (reader: Reader): PaidOutEvent => ({
      kind: 'PaidOut',
      operation: reader.pubkey(),
      operationId: reader.bytes(32),
      mint: reader.pubkey(),
      amount: reader.u64(),
      count: reader.u8(),
    }),
  },
  {
    discriminator: Uint8Array.of(57, 9, 212, 71, 193, 186, 8, 193),
    size: 72,
    read: (reader: Reader): OperationClosedEvent => ({
      kind: 'OperationClosed',
      operation: reader.pubkey(),
      operationId: reader.bytes(32),
    }),
  },
  {
    discriminator: Uint8Array.of(238, 188, 213, 78, 134, 209, 178, 218),
    size: 41,
    read: (reader: Reader): PauseChangedEvent => ({
      kind: 'PauseChanged',
      paused: reader.bool(),
      admin: reader.pubkey(),
    }),
  },
  {
    discriminator: Uint8Array.of(244, 117, 94, 112, 53, 151, 35, 89),
    size: 41,
    read: (reader: Reader): AuthorityProposedEvent => ({
      kind: 'AuthorityProposed',
      role: reader.variant(roleVariants),
      authority: reader.pubkey(),
    }),
  },
  {
    discriminator: Uint8Array.of(166, 192, 219, 188, 41, 209, 195, 26),
    size: 41,
    read: (reader: Reader): AuthorityAcceptedEvent => ({
      kind: 'AuthorityAccepted',
      role: reader.variant(roleVariants),
      authority: reader.pubkey(),
    }),
  },
];

/** What `sol_log_data` told; undefined when the bytes are no event of the program. */
export function decodeEvent(data: Uint8Array): ProgramEvent | undefined {
  const found = decoders.find(
    ({ discriminator, size }) => data.length === size && startsWith(data, discriminator),
  );
  return found?.read(new Reader(data, found.discriminator.length));
}
