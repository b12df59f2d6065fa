import { createHash } from 'node:crypto';
import { createChainMirror } from '../adapters/postgres/chain-mirror.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createDrifts } from '../adapters/postgres/drifts.ts';
import { createPayouts } from '../adapters/postgres/payouts.ts';
import { createSuspense } from '../adapters/postgres/suspense.ts';
import { planRepairs } from '../domain/settlement/drift.ts';
import { toHex } from '../domain/settlement/hex.ts';
import { type ChainEvent, mirror } from '../domain/settlement/mirror.ts';
import { base58Encode } from '../settlement/base58.ts';
import { referenceIn } from '../settlement/chain-events.ts';
import { depositReferenceOf } from '../settlement/ids.ts';
import { below, pick, type RandomSource } from './seeded-random.ts';

const deployment = {
  programId: 'program',
  mints: { IO: 'mint of IO', USDC: 'mint of USDC' },
  custody: { IO: 'custody of IO', USDC: 'custody of USDC' },
};

/** What a chain may do, at random, as the mirror takes it; and what persons decide about it. */
export class MirroredHistory {
  readonly #database: Database;
  readonly #random: RandomSource;
  readonly #renters: readonly string[];
  readonly #wallets: readonly string[];
  #count = 0;

  constructor(
    database: Database,
    random: RandomSource,
    parties: Readonly<{ renters: readonly string[]; wallets: readonly string[] }>,
  ) {
    this.#database = database;
    this.#random = random;
    this.#renters = parties.renters;
    this.#wallets = parties.wallets;
  }

  /** Some transactions, some decisions. */
  async live(nowSeconds: number): Promise<void> {
    for (let left = 1 + below(this.#random, 4); left > 0; left -= 1) {
      const events = Array.from({ length: 1 + below(this.#random, 3) }, () => this.#event());
      await this.#take(events, nowSeconds);
    }
    await this.#payOut(nowSeconds);
    await createChainMirror(this.#database).adopt(nowSeconds);
    if (this.#random() < 0.5) await this.#assign(nowSeconds);
    if (this.#random() < 0.3) await this.#repair(nowSeconds);
  }

  async #take(events: readonly ChainEvent[], nowSeconds: number): Promise<void> {
    const store = createChainMirror(this.#database);
    this.#count += 1;
    const number = this.#count;
    const signature = base58Encode(createHash('sha512').update(`transaction ${number}`).digest());
    const paid = events.reduce((sum, { kind, fields }) => {
      const amount = fields['mint'] === undefined ? 0n : BigInt(fields['amount'] ?? 0);
      return kind === 'PaidOut' ? sum - amount : sum + amount;
    }, 0n);
    const plain = this.#random() < 0.3 ? this.#amount() : 0n;
    const [before, after] = [1_000_000_000n, 1_000_000_000n + paid + plain];
    const account = deployment.custody.USDC;
    const transaction = {
      ...{ signature, slot: BigInt(number), blockTimeSeconds: nowSeconds, failed: false },
      logs: ['some'],
      tokenChanges: [{ account, mint: deployment.mints.USDC, owner: '', before, after }],
      memos: this.#random() < 0.5 ? [this.#reference()] : [],
    };
    const owners = await store.owners(this.#wallets);
    const payees = await store.payees(events.flatMap(({ fields }) => fields['operationId'] ?? []));
    const accounts = new Map(this.#renters.map((each) => [referenceOf(each), each]));
    const parties = {
      ownerOf: (wallet: string) => owners.get(wallet),
      accountOf: (reference: string) => accounts.get(reference),
      payeesOf: (operationId: string) => payees.get(operationId) ?? [],
    };
    const logged = { events, complete: this.#random() < 0.9 };
    const mirrored = mirror(transaction, logged, deployment, parties, referenceIn);
    await store.take('program', mirrored, nowSeconds);
  }

  #event(): ChainEvent {
    const amount = String(this.#amount());
    const owner = pick(this.#random, this.#wallets);
    const stake = { stake: `stake of ${owner}`, owner, deviceId: '00', amount };
    const usdc = { mint: deployment.mints.USDC, amount };
    const reference = this.#reference();
    return pick(this.#random, [
      { kind: 'Deposited', fields: { ...usdc, reference } },
      { kind: 'PaidOut', fields: { ...usdc, operationId: '00' } },
      { kind: 'Staked', fields: stake },
      { kind: 'Withdrawn', fields: stake },
      { kind: 'CaseOpened', fields: stake },
      { kind: 'CaseReversed', fields: stake },
      { kind: 'CaseBurnt', fields: stake },
      { kind: 'Claimed', fields: { wallet: owner, amount } },
      { kind: 'PauseChanged', fields: { paused: 'true' } },
    ]);
  }

  /** Renters ask for some of what they have, and are paid together, if they can be. */
  async #payOut(nowSeconds: number): Promise<void> {
    const payouts = createPayouts(this.#database);
    const cause = 'Withdrawal' as const;
    for (const account of this.#renters) {
      if (this.#random() < 0.5) continue;
      const amount = this.#amount();
      this.#count += 1;
      const asked = { account, reference: `payout ${this.#count}`, cause, amount };
      await payouts.request({ ...asked, asset: 'USDC' }, nowSeconds);
    }
    const waiting = await payouts.waiting('USDC', 20);
    if (waiting.length < 2) return;
    this.#count += 1;
    const operationId = createHash('sha256').update(`operation ${this.#count}`).digest('hex');
    const operation = { operationId, kind: 'PayOut', signer: 'treasurer', payload: '{}' } as const;
    const ids = waiting.map(({ requestId }) => requestId);
    await payouts.batch(operation, ids, nowSeconds);
    const amount = String(waiting.reduce((sum, each) => sum + each.amount, 0n));
    const fields = { mint: deployment.mints.USDC, amount, operationId };
    await this.#take([{ kind: 'PaidOut', fields }], nowSeconds);
  }

  async #assign(nowSeconds: number): Promise<void> {
    const suspense = createSuspense(this.#database);
    const [waiting] = await suspense.list(1);
    if (waiting === undefined) return;
    const account = pick(this.#random, this.#renters);
    await suspense.assign(waiting.subject, account, 'they said so', nowSeconds);
  }

  async #repair(nowSeconds: number): Promise<void> {
    const drifts = createDrifts(this.#database);
    const { repairs } = await drifts.standing(0n);
    const common = { ledger: 0n, chain: this.#amount(), explanation: 'made up' };
    const owner = `wallet/${pick(this.#random, this.#wallets)}`;
    const found = [
      { ...common, kind: 'custody', owner: '', asset: 'USDC' },
      { ...common, kind: 'supplier:staked', owner, asset: 'IO' },
      { ...common, kind: 'burn', owner: '', asset: 'IO' },
    ] as const;
    const scope = found.map(({ kind }) => kind);
    await drifts.record({ drifts: found, unclear: [], scope, repairs }, nowSeconds);
    const plan = planRepairs(await drifts.standingDrifts());
    const planId = createHash('sha256').update(plan.text).digest('hex');
    await drifts.approve({ ...plan, planId }, 'a test', nowSeconds);
  }

  /** One that is known, or not. */
  #reference(): string {
    return this.#random() < 0.3 ? 'ab'.repeat(32) : referenceOf(pick(this.#random, this.#renters));
  }

  #amount(): bigint {
    return BigInt(1 + below(this.#random, 1_000_000));
  }
}

const referenceOf = (account: string): string => toHex(depositReferenceOf(account));
