/** What of the program's accounts the hub acts on. Amounts are in base units of IO, times in seconds. */

/** What one wallet has staked behind one device. */
export type StakePosition = Readonly<{
  /** Of the stake account. */
  address: string;
  owner: string;
  /** 32 bytes as hexadecimal. */
  deviceId: string;
  /** What is in no case. */
  amount: bigint;
  /** What is in open cases: it may come back or be burnt. */
  escrowed: bigint;
  /** From when it can be withdrawn; undefined: nobody asked to. */
  unlockSeconds: number | undefined;
}>;

/** A case against a stake. */
export type ChainCase = Readonly<{
  address: string;
  /** Address of the stake that it is against. */
  stake: string;
  /** 32 bytes as hexadecimal. */
  caseId: string;
  state: 'Open' | 'Appealed' | 'Reversed' | 'Burnt';
  amount: bigint;
  openedSeconds: number;
  /** Until when the owner of the stake may appeal. */
  deadlineSeconds: number;
  /** Undefined while the owner has not. */
  appeal: Readonly<{ seconds: number; sha256: string }> | undefined;
}>;

/** How the program is configured, and what it has counted. */
export type ProgramTerms = Readonly<{
  paused: boolean;
  genesisSeconds: number;
  cooldownSeconds: number;
  adjudicationSeconds: number;
  /** What may go into cases in one epoch. */
  slashCapPerEpoch: bigint;
  slashedEpoch: number;
  slashedInEpoch: bigint;
  totalStaked: bigint;
  totalEscrowed: bigint;
  totalBurnt: bigint;
}>;
