import {
  type Attempt,
  decideSend,
  type Landed,
  pauseSeconds,
  type Seen,
} from '../../domain/settlement/send.ts';
import type { ChainInstruction, OperationKind, SignerRole } from '../../domain/settlement/types.ts';
import { type Chain, ChainUnavailableError } from '../../ports/chain.ts';
import {
  type ChainSender,
  type TransactionSigners,
  TransactionTooLargeError,
} from '../../ports/chain-sender.ts';
import type { OperationStore, PendingOperation } from '../../ports/operation-store.ts';
import type { SettlementMetrics } from '../../ports/settlement-metrics.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger, messageOf } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import type { Deployment } from '../../settlement/addresses.ts';
import { computeBudget } from '../../settlement/compute-budget.ts';
import { verdictOf } from '../../settlement/operations/failures.ts';
import type { OperationHandler } from '../../settlement/operations/index.ts';
import { oneLook } from './one-look.ts';

export type OperationSenderOptions = Readonly<{
  store: OperationStore;
  chain: Chain & ChainSender;
  signers: TransactionSigners;
  handlers: ReadonlyMap<OperationKind, OperationHandler>;
  deployment: Deployment;
  /** Most micro-lamports that are paid for a unit of computing, whatever others pay. */
  maxMicroLamportsPerUnit: bigint;
  metrics: SettlementMetrics;
  clock: Clock;
  logger: Logger;
  /** Default: 1 s between two looks. */
  everyMs?: number;
}>;

const defaultEveryMs = 1_000;
/** Operations in one look. */
const lookLimit = 64;
/** Of these, at a time. */
const parallel = 8;
/** The same bytes are sent again after this long, until they land or expire. */
const resendMs = 2_000;
const reportMs = 15_000;
/** Signatures in one question. */
const seenLimit = 256;
/** What a transaction may use at most; simulated with that, then asked for what it took and a reserve. */
const maxUnits = 1_400_000;
const reserve = { factor: 1.2, units: 5_000 };
/** What this process cannot do, another one may. */
const notOursSeconds = 30;
/** An error of ours is looked at again this much later. */
const brokenSeconds = 60;

/**
 * Brings recorded operations onto the chain, each once. What is signed is stored before it is sent,
 * and the same bytes are sent until they land or cannot land any more; decideSend says when to sign
 * anew. It may be stopped between any two steps, and two processes may do this at once.
 */
export function operationSender(options: OperationSenderOptions): Runnable {
  const sender = new OperationSender(options);
  return {
    name: 'operation-sender',
    run: async (signal) => {
      while (!signal.aborted) {
        await sender.look(signal);
        await sleep(options.clock, options.everyMs ?? defaultEveryMs, signal);
      }
    },
  };
}

type Facts = Readonly<{
  finalizedHeight: bigint;
  seen: ReadonlyMap<string, Seen>;
  /** Of one operation; undefined when nothing here does its kind. */
  landed: PromiseSettledResult<Landed | undefined> | undefined;
}>;

class OperationSender {
  readonly #options: OperationSenderOptions;
  /** When bytes were sent last, of attempts that may still land. */
  #sentAtMs = new Map<string, number>();
  /** Failed simulations in a row. */
  readonly #failures = new Map<string, number>();
  #reportedAtMs: number | undefined;
  #isFailing = false;

  constructor(options: OperationSenderOptions) {
    this.#options = options;
  }

  /** What fails is told, and tried again with the next look. */
  async look(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#report();
      await this.#send(signal);
      if (this.#isFailing) logger.info({}, 'operations are sent again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) logger.error(errorFields(error), 'operations could not be sent');
      this.#isFailing = true;
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { store, chain } = this.#options;
    const operations = await store.pending(lookLimit, this.#nowSeconds());
    if (operations.length === 0) return;
    // The order matters: what is read later is not older, so what is missing then is missing for good.
    const finalizedHeight = await chain.finalizedHeight();
    const seen = await this.#seen(operations);
    this.#forgetSent(seen);
    const landed = await this.#landed(operations, oneLook(chain));
    const waiting = operations.entries();
    const work = async (): Promise<void> => {
      for (const [index, operation] of waiting) {
        if (signal.aborted) return;
        const facts = { finalizedHeight, seen, landed: landed[index] };
        await this.#attempt(operation, facts);
      }
    };
    const works = await Promise.allSettled(Array.from({ length: parallel }, work));
    const failed = works.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Of all at once, so that it takes few questions. */
  #landed(
    operations: readonly PendingOperation[],
    chain: Chain,
  ): Promise<readonly PromiseSettledResult<Landed | undefined>[]> {
    const { handlers, deployment } = this.#options;
    return Promise.allSettled(
      operations.map(async ({ kind, payload }) =>
        handlers.get(kind)?.landed(payload, chain, deployment),
      ),
    );
  }

  async #seen(operations: readonly PendingOperation[]): Promise<ReadonlyMap<string, Seen>> {
    const open = operations.flatMap(({ attempts }) => attempts.filter(isOpen));
    const signatures = open.map(({ signature }) => signature);
    const seen = new Map<string, Seen>();
    for (let at = 0; at < signatures.length; at += seenLimit) {
      const part = signatures.slice(at, at + seenLimit);
      const found = await this.#options.chain.seen(part);
      for (const [index, signature] of part.entries()) {
        seen.set(signature, found[index] ?? { kind: 'Missing' });
      }
    }
    return seen;
  }

  /** An operation that fails must not keep the others from being sent. */
  async #attempt(operation: PendingOperation, facts: Facts): Promise<void> {
    try {
      await this.#advance(operation, facts);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      const { operationId, kind } = operation;
      const isAway = error instanceof ChainUnavailableError;
      const { logger } = this.#options;
      if (isAway) logger.debug({ operationId, ...errorFields(error) }, 'the chain did not answer');
      else logger.error({ operationId, kind, ...errorFields(error) }, 'an operation failed');
      if (!isAway) await this.#postpone(operation, messageOf(error), brokenSeconds);
    }
  }

  async #advance(operation: PendingOperation, facts: Facts): Promise<void> {
    const { store, handlers } = this.#options;
    if (facts.landed?.status === 'rejected') throw facts.landed.reason;
    const handler = handlers.get(operation.kind);
    const landed = facts.landed?.value;
    if (handler === undefined || landed === undefined) {
      return this.#postpone(operation, `nothing here does ${operation.kind}`, notOursSeconds);
    }
    const nowSeconds = this.#nowSeconds();
    const { attempts } = operation;
    const { step, ended } = decideSend(attempts, { ...facts, landed, nowSeconds });
    if (ended.length > 0) await store.attemptsEnded(ended, nowSeconds);
    switch (step.kind) {
      case 'Done':
        return this.#finish(operation, 'Done', step.signature, '');
      case 'Refused':
        return this.#finish(operation, 'Refused', undefined, step.message);
      case 'Resend':
        return this.#resend(operation, step.signature);
      case 'Wait':
        if (step.untilSeconds === undefined) return;
        return store.postpone(operation.operationId, step.why, step.untilSeconds);
      case 'Sign':
        return this.#sign(operation, handler);
    }
  }

  async #sign(operation: PendingOperation, handler: OperationHandler): Promise<void> {
    const { chain, signers, deployment } = this.#options;
    const { payload, signer: role } = operation;
    const signer = signers.address(role);
    if (signer === undefined) {
      return this.#postpone(operation, `no key of the ${role} is here`, notOursSeconds);
    }
    const before = (await handler.prepare?.(payload, chain, deployment, signer)) ?? [];
    const purpose = before.length > 0 ? 'Prepare' : 'Effect';
    const instructions =
      purpose === 'Prepare' ? before : handler.instructions(payload, deployment, signer);
    try {
      await this.#signAndSend(operation, { purpose, signer, instructions });
    } catch (error) {
      if (!(error instanceof TransactionTooLargeError)) throw error;
      await this.#finish(operation, 'Refused', undefined, error.message);
    }
  }

  async #signAndSend(operation: PendingOperation, plan: Plan): Promise<void> {
    const { store, chain, signers } = this.#options;
    const { operationId, kind, signer: role, attempts } = operation;
    const instructions = await this.#budgeted(operation, plan);
    if (instructions === undefined) return;
    // As late as can be: its time runs from here.
    const { blockhash, lastValidHeight } = await chain.latestBlockhash();
    const { signature, bytes } = await signers.sign(role, { instructions, blockhash });
    const number = attempts.length + 1;
    const { purpose } = plan;
    const stored = await store.addAttempt(
      { operationId, number, signature, purpose, bytes, blockhash, lastValidHeight },
      this.#nowSeconds(),
    );
    // Another process that believes it leads was faster.
    if (!stored) return;
    this.#options.logger.info({ operationId, kind, signature, purpose, number }, 'signed');
    await this.#hand(kind, signature, bytes, false);
  }

  /** Undefined when it would fail: then the operation waits, or is refused. */
  async #budgeted(
    operation: PendingOperation,
    { purpose, signer, instructions }: Plan,
  ): Promise<readonly ChainInstruction[] | undefined> {
    const { chain, maxMicroLamportsPerUnit } = this.#options;
    const budget = (units: number, microLamportsPerUnit: bigint) => [
      ...computeBudget({ units, microLamportsPerUnit }),
      ...instructions,
    ];
    const { units, failure } = await chain.simulate(signer, budget(maxUnits, 0n));
    if (failure === undefined) {
      this.#failures.delete(operation.operationId);
      const paid = await chain.priorityFee(instructions);
      const price = paid < maxMicroLamportsPerUnit ? paid : maxMicroLamportsPerUnit;
      return budget(Math.min(maxUnits, Math.ceil(units * reserve.factor) + reserve.units), price);
    }
    const { kind, message } = verdictOf(failure);
    if (kind === 'Never' && purpose === 'Effect') {
      await this.#finish(operation, 'Refused', undefined, message);
      return undefined;
    }
    const failures = (this.#failures.get(operation.operationId) ?? 0) + 1;
    this.#failures.set(operation.operationId, failures);
    await this.#postpone(operation, message, pauseSeconds(failures));
    return undefined;
  }

  async #resend({ kind, attempts }: PendingOperation, signature: string): Promise<void> {
    const sentAtMs = this.#sentAtMs.get(signature);
    const nowMs = this.#options.clock.monotonicMs();
    if (sentAtMs !== undefined && nowMs - sentAtMs < resendMs) return;
    const bytes = attempts.find((attempt) => attempt.signature === signature)?.bytes;
    if (bytes !== undefined) await this.#hand(kind, signature, bytes, true);
  }

  async #hand(
    kind: OperationKind,
    signature: string,
    bytes: Uint8Array,
    again: boolean,
  ): Promise<void> {
    const { store, chain, metrics, clock } = this.#options;
    await chain.send(bytes);
    this.#sentAtMs.set(signature, clock.monotonicMs());
    metrics.transactionSent(kind, again);
    await store.sent(signature, this.#nowSeconds());
  }

  async #finish(
    { operationId, kind }: PendingOperation,
    state: 'Done' | 'Refused',
    signature: string | undefined,
    message: string,
  ): Promise<void> {
    const { store, metrics, logger } = this.#options;
    await store.finish(operationId, { state, signature, message }, this.#nowSeconds());
    this.#failures.delete(operationId);
    metrics.operationEnded(kind, state);
    const fields = { operationId, kind, signature, message };
    if (state === 'Done') logger.info(fields, 'operation is done');
    else logger.error(fields, 'operation is refused');
  }

  async #postpone({ operationId }: PendingOperation, why: string, seconds: number): Promise<void> {
    await this.#options.store.postpone(operationId, why, this.#nowSeconds() + seconds);
  }

  #forgetSent(seen: ReadonlyMap<string, Seen>): void {
    this.#sentAtMs = new Map([...this.#sentAtMs].filter(([signature]) => seen.has(signature)));
  }

  async #report(): Promise<void> {
    const { store, chain, signers, metrics, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#reportedAtMs !== undefined && nowMs - this.#reportedAtMs < reportMs) return;
    this.#reportedAtMs = nowMs;
    const nowSeconds = this.#nowSeconds();
    const backlog = await store.backlog();
    metrics.operationsPending(
      backlog.map(({ kind, count, oldestAtSeconds }) => ({
        kind,
        count,
        oldestSeconds: Math.max(0, nowSeconds - oldestAtSeconds),
      })),
    );
    const held = roles.flatMap((role) => {
      const address = signers.address(role);
      return address === undefined ? [] : [{ role, address }];
    });
    const lamports = await chain.lamports(held.map(({ address }) => address));
    for (const [index, { role }] of held.entries()) {
      metrics.signerLamports(role, lamports[index] ?? 0n);
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}

type Plan = Readonly<{
  purpose: Attempt['purpose'];
  signer: string;
  instructions: readonly ChainInstruction[];
}>;

const isOpen = ({ outcome }: Attempt): boolean => outcome === undefined;

const roles: readonly SignerRole[] = [
  'publisher',
  'slasher',
  'adjudicator',
  'auditor',
  'treasurer',
];
