// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.
import { Reader, startsWith } from '../codec.ts';
import { type CaseState, caseStateVariants, type Role, roleVariants } from './types.ts';

/** Discriminator, size and offsets of the fields, for filters of getProgramAccounts. */
export const accountLayouts = {
  Config: {
    discriminator: Uint8Array.of(155, 12, 170, 224, 30, 250, 204, 130),
    size: 488,
    offsets: {
      bump: 8,
      authorityBump: 9,
      paused: 10,
      authority: 11,
      admin: 43,
      publisher: 75,
      slasher: 107,
      adjudicator: 139,
      auditor: 171,
      treasurer: 203,
      pendingRole: 235,
      pendingAuthority: 236,
      ioMint: 268,
      usdcMint: 300,
      stakeVault: 332,
      rewardsVault: 364,
      genesisTs: 396,
      cooldownSeconds: 404,
      appealSeconds: 412,
      adjudicationSeconds: 420,
      challengeDelaySeconds: 428,
      slashCapPerEpoch: 436,
      emissionPerEpoch: 444,
      slashedEpoch: 452,
      slashedInEpoch: 456,
      totalStaked: 464,
      totalEscrowed: 472,
      totalBurnt: 480,
    },
  },
  Stake: {
    discriminator: Uint8Array.of(150, 197, 176, 29, 55, 132, 112, 149),
    size: 101,
    offsets: {
      bump: 8,
      owner: 9,
      deviceId: 41,
      amount: 73,
      escrowed: 81,
      openCases: 89,
      unlockTs: 93,
    },
  },
  Case: {
    discriminator: Uint8Array.of(24, 222, 147, 26, 60, 162, 154, 176),
    size: 170,
    offsets: {
      bump: 8,
      state: 9,
      stake: 10,
      caseId: 42,
      evidenceHash: 74,
      appealHash: 106,
      amount: 138,
      openedTs: 146,
      deadlineTs: 154,
      appealedTs: 162,
    },
  },
  Distributor: {
    discriminator: Uint8Array.of(90, 90, 217, 147, 6, 32, 135, 4),
    size: 163,
    offsets: {
      bump: 8,
      ioMint: 9,
      activeEpoch: 41,
      activeRoot: 45,
      activeTotal: 77,
      activeLeafCount: 85,
      activeDepth: 89,
      pendingEpoch: 90,
      pendingRoot: 94,
      pendingTotal: 126,
      pendingLeafCount: 134,
      pendingDepth: 138,
      publishedTs: 139,
      claimedTotal: 147,
      fundedTotal: 155,
    },
  },
  ClaimStatus: {
    discriminator: Uint8Array.of(22, 183, 249, 157, 247, 95, 150, 96),
    size: 49,
    offsets: { bump: 8, wallet: 9, claimed: 41 },
  },
  Custody: {
    discriminator: Uint8Array.of(1, 184, 48, 81, 93, 131, 63, 145),
    size: 109,
    offsets: {
      bump: 8,
      mint: 9,
      vault: 41,
      capPerEpoch: 73,
      paidEpoch: 81,
      paidInEpoch: 85,
      depositedTotal: 93,
      paidTotal: 101,
    },
  },
  Operation: {
    discriminator: Uint8Array.of(171, 150, 196, 17, 229, 166, 58, 44),
    size: 90,
    offsets: { bump: 8, operationId: 9, mint: 41, createdTs: 73, amount: 81, count: 89 },
  },
} as const;

export type Config = Readonly<{
  kind: 'Config';
  bump: number;
  authorityBump: number;
  paused: boolean;
  authority: string;
  admin: string;
  publisher: string;
  slasher: string;
  adjudicator: string;
  auditor: string;
  treasurer: string;
  pendingRole: Role;
  pendingAuthority: string;
  ioMint: string;
  usdcMint: string;
  stakeVault: string;
  rewardsVault: string;
  genesisTs: number;
  cooldownSeconds: number;
  appealSeconds: number;
  adjudicationSeconds: number;
  challengeDelaySeconds: number;
  slashCapPerEpoch: bigint;
  emissionPerEpoch: bigint;
  slashedEpoch: number;
  slashedInEpoch: bigint;
  totalStaked: bigint;
  totalEscrowed: bigint;
  totalBurnt: bigint;
}>;

export type Stake = Readonly<{
  kind: 'Stake';
  bump: number;
  owner: string;
  deviceId: Uint8Array;
  amount: bigint;
  escrowed: bigint;
  openCases: number;
  unlockTs: number;
}>;

export type Case = Readonly<{
  kind: 'Case';
  bump: number;
  state: CaseState;
  stake: string;
  caseId: Uint8Array;
  evidenceHash: Uint8Array;
  appealHash: Uint8Array;
  amount: bigint;
  openedTs: number;
  deadlineTs: number;
  appealedTs: number;
}>;

export type Distributor = Readonly<{
  kind: 'Distributor';
  bump: number;
  ioMint: string;
  activeEpoch: number;
  activeRoot: Uint8Array;
  activeTotal: bigint;
  activeLeafCount: number;
  activeDepth: number;
  pendingEpoch: number;
  pendingRoot: Uint8Array;
  pendingTotal: bigint;
  pendingLeafCount: number;
  pendingDepth: number;
  publishedTs: number;
  claimedTotal: bigint;
  fundedTotal: bigint;
}>;

export type ClaimStatus = Readonly<{
  kind: 'ClaimStatus';
  bump: number;
  wallet: string;
  claimed: bigint;
}>;

export type Custody = Readonly<{
  kind: 'Custody';
  bump: number;
  mint: string;
  vault: string;
  capPerEpoch: bigint;
  paidEpoch: number;
  paidInEpoch: bigint;
  depositedTotal: bigint;
  paidTotal: bigint;
}>;

export type Operation = Readonly<{
  kind: 'Operation';
  bump: number;
  operationId: Uint8Array;
  mint: string;
  createdTs: number;
  amount: bigint;
  count: number;
}>;

/** @throws Error when the bytes are no Config */
export function decodeConfig(data: Uint8Array): Config {
  const { discriminator, size } = accountLayouts.Config;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Config');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Config',
    bump: reader.u8(),
    authorityBump: reader.u8(),
    paused: reader.bool(),
    authority: reader.pubkey(),
    admin: reader.pubkey(),
    publisher: reader.pubkey(),
    slasher: reader.pubkey(),
    adjudicator: reader.pubkey(),
    auditor: reader.pubkey(),
    treasurer: reader.pubkey(),
    pendingRole: reader.variant(roleVariants),
    pendingAuthority: reader.pubkey(),
    ioMint: reader.pubkey(),
    usdcMint: reader.pubkey(),
    stakeVault: reader.pubkey(),
    rewardsVault: reader.pubkey(),
    genesisTs: reader.i64(),
    cooldownSeconds: reader.i64(),
    appealSeconds: reader.i64(),
    adjudicationSeconds: reader.i64(),
    challengeDelaySeconds: reader.i64(),
    slashCapPerEpoch: reader.u64(),
    emissionPerEpoch: reader.u64(),
    slashedEpoch: reader.u32(),
    slashedInEpoch: reader.u64(),
    totalStaked: reader.u64(),
    totalEscrowed: reader.u64(),
    totalBurnt: reader.u64(),
  };
}

/** @throws Error when the bytes are no Stake */
export function decodeStake(data: Uint8Array): Stake {
  const { discriminator, size } = accountLayouts.Stake;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Stake');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Stake',
    bump: reader.u8(),
    owner: reader.pubkey(),
    deviceId: reader.bytes(32),
    amount: reader.u64(),
    escrowed: reader.u64(),
    openCases: reader.u32(),
    unlockTs: reader.i64(),
  };
}

/** @throws Error when the bytes are no Case */
export function decodeCase(data: Uint8Array): Case {
  const { discriminator, size } = accountLayouts.Case;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Case');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Case',
    bump: reader.u8(),
    state: reader.variant(caseStateVariants),
    stake: reader.pubkey(),
    caseId: reader.bytes(32),
    evidenceHash: reader.bytes(32),
    appealHash: reader.bytes(32),
    amount: reader.u64(),
    openedTs: reader.i64(),
    deadlineTs: reader.i64(),
    appealedTs: reader.i64(),
  };
}

/** @throws Error when the bytes are no Distributor */
export function decodeDistributor(data: Uint8Array): Distributor {
  const { discriminator, size } = accountLayouts.Distributor;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Distributor');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Distributor',
    bump: reader.u8(),
    ioMint: reader.pubkey(),
    activeEpoch: reader.u32(),
    activeRoot: reader.bytes(32),
    activeTotal: reader.u64(),
    activeLeafCount: reader.u32(),
    activeDepth: reader.u8(),
    pendingEpoch: reader.u32(),
    pendingRoot: reader.bytes(32),
    pendingTotal: reader.u64(),
    pendingLeafCount: reader.u32(),
    pendingDepth: reader.u8(),
    publishedTs: reader.i64(),
    claimedTotal: reader.u64(),
    fundedTotal: reader.u64(),
  };
}

/** @throws Error when the bytes are no ClaimStatus */
export function decodeClaimStatus(data: Uint8Array): ClaimStatus {
  const { discriminator, size } = accountLayouts.ClaimStatus;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no ClaimStatus');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'ClaimStatus',
    bump: reader.u8(),
    wallet: reader.pubkey(),
    claimed: reader.u64(),
  };
}

/** @throws Error when the bytes are no Custody */
export function decodeCustody(data: Uint8Array): Custody {
  const { discriminator, size } = accountLayouts.Custody;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Custody');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Custody',
    bump: reader.u8(),
    mint: reader.pubkey(),
    vault: reader.pubkey(),
    capPerEpoch: reader.u64(),
    paidEpoch: reader.u32(),
    paidInEpoch: reader.u64(),
    depositedTotal: reader.u64(),
    paidTotal: reader.u64(),
  };
}

/** @throws Error when the bytes are no Operation */
export function decodeOperation(data: Uint8Array): Operation {
  const { discriminator, size } = accountLayouts.Operation;
  if (data.length !== size || !startsWith(data, discriminator)) throw new Error('no Operation');
  const reader = new Reader(data, discriminator.length);
  return {
    kind: 'Operation',
    bump: reader.u8(),
    operationId: reader.bytes(32),
    mint: reader.pubkey(),
    createdTs: reader.i64(),
    amount: reader.u64(),
    count: reader.u8(),
  };
}
