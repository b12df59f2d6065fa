/** Both clients of the suite take instructions as plain data. */
export type PlainInstruction = Readonly<{
  program: string;
  accounts: readonly Readonly<{ address: string; signer?: boolean; writable?: boolean }>[];
  data: Uint8Array;
}>;

/** A key pair in the 64 bytes that wallets keep. */
export type Wallet = Readonly<{ address: string; secret: Uint8Array }>;

export type Level = 'processed' | 'confirmed' | 'finalized';

export type Signed = Readonly<{ signature: string; wire: Uint8Array }>;

/** What a client says when a transaction was refused. */
export type Refusal = Readonly<{ message: string; logs: readonly string[] }>;

export type TransactionFacts = Readonly<{
  slot: bigint;
  error: unknown;
  fee: bigint;
  before: readonly bigint[];
  after: readonly bigint[];
  tokensAfter: readonly string[];
  logs: readonly string[];
  units: bigint;
  innerCalls: number;
}>;

/** What the suite asks of a client library, in words of its own. */
export type Client = Readonly<{
  airdrop: (to: string, lamports: bigint) => Promise<string>;
  sign: (
    payer: Wallet,
    instructions: readonly PlainInstruction[],
    signers?: readonly Wallet[],
  ) => Promise<Signed>;
  /** Rejects with what the library throws. */
  send: (wire: Uint8Array, skipPreflight?: boolean) => Promise<string>;
  refusalOf: (thrown: unknown) => Refusal;
  /** Sends and waits for the library's own confirmation by websocket. */
  confirm: (signed: Signed, level: Level) => Promise<void>;
  balance: (of: string, level: Level) => Promise<bigint>;
  slot: (level: Level) => Promise<bigint>;
  status: (of: string) => Promise<Readonly<{ level: string; error: unknown }> | undefined>;
  signatures: (
    of: string,
    page: Readonly<{ before?: string; until?: string; limit?: number }>,
  ) => Promise<readonly string[]>;
  transaction: (
    of: string,
    level: 'confirmed' | 'finalized',
  ) => Promise<TransactionFacts | undefined>;
  tokenBalance: (of: string) => Promise<string>;
  tokenSupply: (of: string) => Promise<string>;
  tokenAccountsOf: (owner: string, mint: string) => Promise<readonly string[]>;
  /** Addresses with the data that a slice leaves, in base64. */
  programAccounts: (
    program: string,
    filter: Readonly<{ bytes: string; offset: number; size: number }>,
  ) => Promise<readonly (readonly [address: string, data: string])[]>;
  onAccount: (of: string, told: (lamports: bigint) => void) => Promise<() => Promise<void>>;
  onLogs: (of: string, told: (signature: string) => void) => Promise<() => Promise<void>>;
}>;
