import { createRequire } from 'node:module';
import type * as LiteSvmModule from 'litesvm/dist/internal.js';
import { base58Encode } from '../base58.ts';
import type { Instruction } from '../codec.ts';
import { eventsOfLogs } from '../events.ts';
import { programErrors } from '../generated/errors.ts';
import type { ProgramEvent } from '../generated/events.ts';
import { addressBytes, unsignedTransaction } from './message.ts';

const native = createRequire(import.meta.url)('litesvm/dist/internal.js') as typeof LiteSvmModule;

/** What a transaction came to; `error` is the name of one of our errors, or what the machine says. */
export type Outcome = Readonly<{
  error: string | undefined;
  events: readonly ProgramEvent[];
  logs: readonly string[];
  units: number;
}>;

/** An account as the machine has it. */
export type RawAccount = Readonly<{ owner: string; lamports: bigint; data: Uint8Array }>;

const errorNames = new Map(programErrors.map(({ code, name }) => [code as number, name]));
const rentEpoch = 2n ** 64n - 1n;
const firstSlot = 1_000n;

/** Solana's virtual machine with one program of ours. Who is said to have signed has signed. */
export class Machine {
  readonly #svm = new native.LiteSvm();
  readonly programId: string;
  #slot = firstSlot;

  constructor(programId: string, program: Uint8Array) {
    this.programId = programId;
    this.#svm.setSigverify(false);
    this.#svm.setBlockhashCheck(false);
    this.#svm.setTransactionHistory(0n);
    this.#svm.addProgram(addressBytes(programId), program);
  }

  /** Moves the chain's clock. */
  setTime(seconds: number): void {
    this.#slot += 1n;
    const at = BigInt(seconds);
    this.#svm.setClock(new native.Clock(this.#slot, at, 0n, 1n, at));
  }

  send(payer: string, instructions: readonly Instruction[]): Outcome {
    const result = this.#svm.sendVersionedTransaction(unsignedTransaction(payer, instructions));
    const failed = 'err' in result;
    const meta = failed ? result.meta() : result;
    const logs = meta.logs();
    return {
      error: failed ? errorOf(logs, result) : undefined,
      events: failed ? [] : eventsOfLogs(logs, this.programId).events,
      logs,
      units: Number(meta.computeUnitsConsumed()),
    };
  }

  /** Undefined when there is none. */
  read(address: string): RawAccount | undefined {
    const account = this.#svm.getAccount(addressBytes(address));
    if (account === null || account.lamports() === 0n) return undefined;
    return {
      owner: base58Encode(account.owner()),
      lamports: account.lamports(),
      data: account.data(),
    };
  }

  /** Only what is in it: quicker than `read`. */
  data(address: string): Uint8Array {
    const account = this.#svm.getAccount(addressBytes(address));
    if (account === null) throw new Error(`there is no account at ${address}`);
    return account.data();
  }

  /** Puts an account there, whatever the rules of the chain say; rent is paid. */
  write(address: string, owner: string, data: Uint8Array, lamports?: bigint): void {
    const rent = this.#svm.minimumBalanceForRentExemption(BigInt(data.length));
    const account = new native.Account(
      lamports ?? rent,
      data,
      addressBytes(owner),
      false,
      rentEpoch,
    );
    this.#svm.setAccount(addressBytes(address), account);
  }

  /** Lamports that an account of so many bytes has to hold. */
  rent(bytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }
}

function errorOf(logs: readonly string[], result: { toString(): string }): string {
  const reason = logs.flatMap((line) => /^Program \S+ failed: (.+)$/.exec(line)?.[1] ?? [])[0];
  const code = /^custom program error: 0x([0-9a-f]+)$/.exec(reason ?? '')?.[1];
  const name = code === undefined ? undefined : errorNames.get(Number.parseInt(code, 16));
  return name ?? reason ?? result.toString();
}
