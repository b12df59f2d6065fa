import { createHash } from 'node:crypto';
import { type Asset, operationIdOf, programDataAddress } from '../addresses.ts';
import { base58Encode } from '../base58.ts';
import type { Instruction } from '../codec.ts';
import {
  type Case,
  type ClaimStatus,
  type Config,
  type Custody,
  decodeCase,
  decodeClaimStatus,
  decodeConfig,
  decodeCustody,
  decodeDistributor,
  decodeOperation,
  decodeStake,
  type Distributor,
  type Operation,
  type Stake,
} from '../generated/accounts.ts';
import {
  ioDecimals,
  localnetProgramId,
  systemProgram,
  tokenProgram,
  usdcDecimals,
} from '../generated/constants.ts';
import { type Genesis, ioStake } from '../io-stake.ts';
import { Machine, type Outcome } from './machine.ts';
import { addressBytes } from './message.ts';
import { mintData, readAmount, readSupply, tokenAccountData } from './tokens.ts';

/** Start of the first epoch of test worlds. */
export const genesisSeconds = 1_767_225_600;
export const daySeconds = 86_400;

/** 32 bytes that a name stands for. */
export function hash32(name: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(name).digest());
}

/** The address that a name stands for; nobody has its key, and the machine asks for none. */
export function addressNamed(name: string): string {
  return base58Encode(hash32(name));
}

const lamportsOfWallet = 1_000_000_000_000n;
const mints: Readonly<Record<Asset, string>> = {
  IO: addressNamed('mint of IO'),
  USDC: addressNamed('mint of USDC'),
};

/** Who holds the roles of a test world, and its limits. */
export const testGenesis: Genesis = {
  admin: addressNamed('admin'),
  publisher: addressNamed('publisher'),
  slasher: addressNamed('slasher'),
  adjudicator: addressNamed('adjudicator'),
  auditor: addressNamed('auditor'),
  treasurer: addressNamed('treasurer'),
  genesisTs: genesisSeconds,
  cooldownSeconds: 14 * daySeconds,
  appealSeconds: 30 * daySeconds,
  adjudicationSeconds: 90 * daySeconds,
  challengeDelaySeconds: 1_800,
  slashCapPerEpoch: 1_000_000n,
  emissionPerEpoch: 456_621_004_567n,
  ioPayOutCapPerEpoch: 1_000_000n,
  usdcPayOutCapPerEpoch: 500_000n,
};

/** A chain with the program, both mints and wallets by name. Time stands still until it is warped. */
export class World {
  readonly machine: Machine;
  readonly stake = ioStake({
    programId: localnetProgramId,
    ioMint: mints.IO,
    usdcMint: mints.USDC,
  });
  readonly #supply: Record<Asset, bigint> = { IO: 0n, USDC: 0n };
  #now = genesisSeconds;

  constructor(program: Uint8Array) {
    this.machine = new Machine(localnetProgramId, program);
    this.machine.setTime(this.#now);
    this.#writeMint('IO');
    this.#writeMint('USDC');
    this.setUpgradeAuthority(testGenesis.admin);
    for (const role of ['admin', 'publisher', 'slasher', 'adjudicator', 'auditor', 'treasurer']) {
      this.wallet(role);
    }
  }

  get now(): number {
    return this.#now;
  }

  warp(seconds: number): void {
    this.#now += seconds;
    this.machine.setTime(this.#now);
  }

  /** A wallet with enough lamports for everything. */
  wallet(name: string): string {
    const address = addressNamed(name);
    if (this.machine.read(address) === undefined) {
      this.machine.write(address, systemProgram, new Uint8Array(), lamportsOfWallet);
    }
    return address;
  }

  /** The token account of a wallet; `amount` comes out of nothing and counts in the supply. */
  tokens(owner: string, asset: Asset = 'IO', amount = 0n): string {
    const address = addressNamed(`${asset} of ${owner}`);
    const has = this.machine.read(address) === undefined ? 0n : this.balance(address);
    const data = tokenAccountData({ mint: mints[asset], owner, amount: has + amount });
    this.machine.write(address, tokenProgram, data);
    if (amount > 0n) this.#mint(asset, amount);
    return address;
  }

  mint(asset: Asset): string {
    return mints[asset];
  }

  balance(tokenAccount: string): bigint {
    return readAmount(this.machine.data(tokenAccount));
  }

  supply(asset: Asset = 'IO'): bigint {
    return readSupply(this.machine.data(mints[asset]));
  }

  /** Runs one transaction, paid by a wallet that has no role. */
  send(...instructions: readonly Instruction[]): Outcome {
    return this.machine.send(this.wallet('payer'), instructions);
  }

  /** Runs one transaction that has to succeed. */
  do(...instructions: readonly Instruction[]): Outcome {
    const outcome = this.send(...instructions);
    if (outcome.error !== undefined) {
      throw new Error(`${outcome.error}\n${outcome.logs.join('\n')}`);
    }
    return outcome;
  }

  /** Initializes the program, except for what is given, as every test world has it. */
  initialize(changes: Partial<Genesis> = {}): Outcome {
    return this.send(this.stake.initialize({ ...testGenesis, ...changes }));
  }

  /** An operation that is decided now. */
  operation(name: string): Uint8Array {
    return operationIdOf(this.#now, hash32(name));
  }

  /** Says who may upgrade the program; undefined: nobody. */
  setUpgradeAuthority(authority: string | undefined): void {
    const address = programDataAddress(localnetProgramId);
    const account = this.machine.read(address);
    if (account === undefined) throw new Error('the program has no data');
    const data = Uint8Array.from(account.data);
    data[12] = authority === undefined ? 0 : 1;
    if (authority !== undefined) data.set(addressBytes(authority), 13);
    this.machine.write(address, account.owner, data);
  }

  config(): Config {
    return decodeConfig(this.machine.data(this.stake.addresses.config));
  }

  distributor(): Distributor {
    return decodeDistributor(this.machine.data(this.stake.addresses.distributor));
  }

  custody(asset: Asset): Custody {
    return decodeCustody(this.machine.data(this.stake.addresses.custody[asset]));
  }

  stakeAt(address: string): Stake | undefined {
    return this.#decoded(address, decodeStake);
  }

  caseAt(address: string): Case | undefined {
    return this.#decoded(address, decodeCase);
  }

  claimStatusAt(address: string): ClaimStatus | undefined {
    return this.#decoded(address, decodeClaimStatus);
  }

  operationAt(address: string): Operation | undefined {
    return this.#decoded(address, decodeOperation);
  }

  #decoded<T>(address: string, decode: (data: Uint8Array) => T): T | undefined {
    const account = this.machine.read(address);
    return account?.owner === localnetProgramId ? decode(account.data) : undefined;
  }

  #mint(asset: Asset, amount: bigint): void {
    this.#supply[asset] = this.supply(asset) + amount;
    this.#writeMint(asset);
  }

  #writeMint(asset: Asset): void {
    const decimals = asset === 'IO' ? ioDecimals : usdcDecimals;
    this.machine.write(mints[asset], tokenProgram, mintData(this.#supply[asset], decimals));
  }
}
