import { createRequire } from 'node:module';
import type * as LiteSvmModule from 'litesvm/dist/internal.js';
import type { AccountState, MaybeAccount } from './account-state.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { type TransactionError, transactionError } from './errors.ts';

/** An instruction that a program called, with its depth in the call stack. */
export type InnerInstruction = Readonly<{
  program: number;
  accounts: Uint8Array;
  data: Uint8Array;
  stackHeight: number;
}>;

/** What running a transaction came to. */
export type Outcome = Readonly<{
  error: TransactionError | null;
  logs: readonly string[];
  units: number;
  inner: readonly (readonly InnerInstruction[])[];
  returned: Readonly<{ program: string; data: Uint8Array }> | null;
}>;

/** A program of SBF bytes under an address. Without an upgrade authority nobody can change it. */
export type Program = Readonly<{
  address: string;
  bytes: Uint8Array;
  upgradeAuthority?: string | undefined;
}>;

/** In the account of a program its data's address, in that the upgrade authority. */
const programDataAt = 4;
const authorityAt = 13;

/** The moment at which a transaction runs. */
export type Moment = Readonly<{ slot: number; unixSeconds: number; epoch: number }>;

type SlotHash = Readonly<{ slot: bigint; hash: string }>;

/** Loaded on demand: hub and agent share a bundle with the localnet and never need the engine. */
function loadLiteSvm(): typeof LiteSvmModule {
  try {
    return createRequire(import.meta.url)('litesvm/dist/internal.js') as typeof LiteSvmModule;
  } catch (error) {
    const platform = `${process.platform} ${process.arch}`;
    throw new Error(`the npm package litesvm is not installed here for ${platform}`, {
      cause: error,
    });
  }
}

/**
 * The virtual machine with its accounts. It aborts the process on bytes that are no transaction
 * and on addresses that are not 32 bytes, so both are checked before. Blockhashes and repetition are
 * the chain's business.
 */
export class Engine {
  readonly #native = loadLiteSvm();
  readonly #svm = new this.#native.LiteSvm();
  #slot = -1;

  constructor(programs: readonly Program[]) {
    this.#svm.setBlockhashCheck(false);
    this.#svm.setTransactionHistory(0n);
    for (const program of programs) this.#deploy(program);
  }

  #deploy({ address, bytes, upgradeAuthority }: Program): void {
    this.#svm.addProgram(bytesOf(address), bytes);
    if (upgradeAuthority === undefined) return;
    const data = encodeBase58(this.read(address)?.data.slice(programDataAt) ?? new Uint8Array());
    const state = this.read(data);
    if (state === undefined) throw new Error(`${address} has no program data`);
    const changed = Uint8Array.from(state.data);
    changed.set(bytesOf(upgradeAuthority), authorityAt);
    this.write(data, { ...state, data: changed });
  }

  /** Sets clock and slot hashes; cheap when the slot is the same. */
  moveTo({ slot, unixSeconds, epoch }: Moment, slotHashes: () => readonly SlotHash[]): void {
    if (slot === this.#slot) return;
    this.#slot = slot;
    const { Clock } = this.#native;
    const [at, seconds, number] = [BigInt(slot), BigInt(unixSeconds), BigInt(epoch)];
    this.#svm.setClock(new Clock(at, seconds, number, number + 1n, seconds));
    this.#svm.setSlotHashes([...slotHashes()]);
  }

  execute(bytes: Uint8Array): Outcome {
    return outcomeOf(this.#svm.sendVersionedTransaction(bytes));
  }

  /** Runs without effect; also returns accounts as they would be. */
  simulate(
    bytes: Uint8Array,
    verify: boolean,
  ): Readonly<{ outcome: Outcome; after: ReadonlyMap<string, AccountState> }> {
    this.#svm.setSigverify(verify);
    try {
      const result = this.#svm.simulateVersionedTransaction(bytes);
      const after = 'postAccounts' in result ? result.postAccounts() : [];
      return {
        outcome: outcomeOf('postAccounts' in result ? result.meta() : result),
        after: new Map(after.map((each) => [encodeBase58(each.address), stateOf(each.account())])),
      };
    } finally {
      this.#svm.setSigverify(true);
    }
  }

  read(address: string): MaybeAccount {
    const account = this.#svm.getAccount(bytesOf(address));
    return account === null ? undefined : stateOf(account);
  }

  lamports(address: string): bigint {
    return this.#svm.getBalance(bytesOf(address)) ?? 0n;
  }

  owned(program: string): readonly string[] {
    return this.#svm
      .getProgramAccounts(bytesOf(program))
      .map(({ address }) => encodeBase58(address));
  }

  write(address: string, state: MaybeAccount): void {
    const { lamports, owner, data, executable, rentEpoch } = state ?? nothing;
    const account = new this.#native.Account(lamports, data, bytesOf(owner), executable, rentEpoch);
    this.#svm.setAccount(bytesOf(address), account);
  }

  rentExemption(bytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }
}

/** The owner of plain wallets. */
export const systemProgram = '11111111111111111111111111111111';
/** The rent epoch of every account that is exempt, which all are. */
export const exemptRentEpoch = 2n ** 64n - 1n;

/** The engine drops an account without lamports. */
const nothing: AccountState = {
  lamports: 0n,
  owner: systemProgram,
  data: new Uint8Array(),
  executable: false,
  rentEpoch: exemptRentEpoch,
};

function bytesOf(address: string): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== 32) throw new RangeError(`${address} is no address`);
  return bytes;
}

function stateOf(account: LiteSvmModule.Account): AccountState {
  return {
    lamports: account.lamports(),
    owner: encodeBase58(account.owner()),
    data: account.data(),
    executable: account.executable(),
    rentEpoch: account.rentEpoch(),
  };
}

type Metadata = LiteSvmModule.TransactionMetadata | LiteSvmModule.FailedTransactionMetadata;

function outcomeOf(result: Metadata): Outcome {
  const failed = 'err' in result;
  const meta = failed ? result.meta() : result;
  const returned = meta.returnData();
  return {
    error: failed ? transactionError(result.err()) : null,
    logs: meta.logs(),
    units: Number(meta.computeUnitsConsumed()),
    inner: meta.innerInstructions().map((calls) =>
      calls.map((call) => {
        const instruction = call.instruction();
        return {
          program: instruction.programIdIndex(),
          accounts: instruction.accounts(),
          data: instruction.data(),
          stackHeight: call.stackHeight(),
        };
      }),
    ),
    returned:
      returned.data().length === 0
        ? null
        : { program: encodeBase58(returned.programId()), data: returned.data() },
  };
}
