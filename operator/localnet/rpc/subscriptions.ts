import { z } from 'zod';
import type { Chain, Effect } from '../chain/chain.ts';
import type { Commitment } from '../chain/chain-time.ts';
import { accountConfig, accountFilters, accountJson, passes } from './account-json.ts';
import { address, apiVersion, commitment, signature } from './params.ts';
import { invalidParams, methodNotFound, overLimit } from './rpc-error.ts';

/** One message to a subscriber: the subscription's number stands beside the result. */
export type Notify = (method: string, subscription: number, result: unknown) => void;

/** What a subscriber is told of the landed transactions that its commitment newly sees. */
type Watch = Readonly<{
  commitment: Commitment;
  method: string;
  /** Results to tell, in order; `last`: nothing follows. */
  effects: (
    effects: readonly Effect[],
  ) => Readonly<{ results: readonly unknown[]; last?: boolean }>;
}>;

type Subscription = Readonly<{ watch: Watch | 'slot' | 'root'; notify: Notify }>;

const committed = z.looseObject({ commitment: commitment.nullish() }).nullish();
const accountRead = accountConfig.extend({ commitment: commitment.nullish() });
const mentions = z.union([
  z.enum(['all', 'allWithVotes']),
  z.object({ mentions: z.array(address).length(1, 'exactly one address can be mentioned') }),
]);

const schemas = {
  signature: z.tuple([signature, committed]),
  account: z.tuple([address, accountRead.nullish()]),
  program: z.tuple([address, accountRead.extend({ filters: accountFilters.nullish() }).nullish()]),
  logs: z.tuple([mentions, committed]),
} as const;

const levels = ['processed', 'confirmed', 'finalized'] as const;

/**
 * All subscriptions of a node. What lands is told at once to those who read what is processed; a tick
 * per slot tells what has since been confirmed and finalized.
 */
export class Subscriptions {
  readonly #chain: Chain;
  readonly #subscriptions = new Map<number, Subscription>();
  /** Landed, and not finalized when the last tick came. */
  #pending: Effect[] = [];
  #told: Record<Commitment, number>;
  #numbers = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
    this.#told = this.#slots();
    chain.listen({ landed: (effect) => this.#landed(effect), moved: () => this.#moved() });
  }

  /** Adds what a method such as `accountSubscribe` asks for; `answered` runs before it is told. */
  subscribe(method: string, params: unknown, notify: Notify, answered: (id: number) => void): void {
    const watch = this.#watchOf(method, params);
    this.#numbers += 1;
    const id = this.#numbers;
    this.#subscriptions.set(id, { watch, notify });
    answered(id);
    if (method === 'signatureSubscribe') this.#catchUp(id, params);
  }

  /** Whether there was such a subscription. */
  unsubscribe(id: number): boolean {
    return this.#subscriptions.delete(id);
  }

  /** Tells what newer slots bring. */
  tick(): void {
    const before = this.#told;
    const now = this.#slots();
    if (now.processed === before.processed) return;
    this.#told = now;
    for (const level of levels.slice(1)) {
      const news = this.#pending.filter(
        ({ landed }) => landed.slot > before[level] && landed.slot <= now[level],
      );
      if (news.length > 0) this.#tell(level, news);
    }
    this.#pending = this.#pending.filter(({ landed }) => landed.slot > now.finalized);
    const slot = { parent: now.processed - 1, root: now.finalized, slot: now.processed };
    for (const [id, { watch, notify }] of this.#subscriptions) {
      if (watch === 'slot') notify('slotNotification', id, slot);
      if (watch === 'root') notify('rootNotification', id, now.finalized);
    }
  }

  /** What was thrown away is never told as confirmed. */
  #moved(): void {
    this.#pending = this.#pending.filter(
      ({ landed }) => this.#chain.history.get(landed.signature) === landed,
    );
    this.tick();
  }

  #landed(effect: Effect): void {
    this.tick();
    this.#pending.push(effect);
    this.#tell('processed', [effect]);
  }

  #tell(level: Commitment, effects: readonly Effect[]): void {
    for (const [id, { watch, notify }] of this.#subscriptions) {
      if (typeof watch === 'string' || watch.commitment !== level) continue;
      const { results, last } = watch.effects(effects);
      for (const result of results) notify(watch.method, id, result);
      if (last === true) this.#subscriptions.delete(id);
    }
  }

  /** A signature that is already there would never be told. */
  #catchUp(id: number, params: unknown): void {
    const subscription = this.#subscriptions.get(id);
    const [name] = params as [string];
    const landed = this.#chain.history.get(name);
    if (landed === undefined || subscription === undefined) return;
    const { watch, notify } = subscription;
    if (typeof watch === 'string') return;
    if (landed.slot > this.#chain.time.slotAt(watch.commitment)) return;
    const { results } = watch.effects([{ landed, changes: [] }]);
    for (const result of results) notify(watch.method, id, result);
    this.#subscriptions.delete(id);
  }

  #slots(): Record<Commitment, number> {
    const { time } = this.#chain;
    return {
      processed: time.slot(),
      confirmed: time.slotAt('confirmed'),
      finalized: time.slotAt('finalized'),
    };
  }

  #watchOf(method: string, params: unknown): Watch | 'slot' | 'root' {
    switch (method) {
      case 'slotSubscribe':
        return 'slot';
      case 'rootSubscribe':
        return 'root';
      case 'signatureSubscribe':
        return signatureWatch(...read(schemas.signature, params));
      case 'logsSubscribe':
        return logsWatch(...read(schemas.logs, params));
      case 'accountSubscribe':
        return this.#accountWatch(...read(schemas.account, params));
      case 'programSubscribe':
        return this.#programWatch(...read(schemas.program, params));
      default:
        throw methodNotFound();
    }
  }

  #accountWatch(of: string, config: z.output<typeof schemas.account>[1]): Watch {
    return {
      commitment: config?.commitment ?? 'finalized',
      method: 'accountNotification',
      effects: (effects) => ({
        results: changesIn(effects).flatMap(({ slot, address: changed, state }) =>
          changed === of ? [inContext(slot, this.#json(state, config))] : [],
        ),
      }),
    };
  }

  #programWatch(program: string, config: z.output<typeof schemas.program>[1]): Watch {
    const filters = config?.filters ?? [];
    return {
      commitment: config?.commitment ?? 'finalized',
      method: 'programNotification',
      effects: (effects) => ({
        results: changesIn(effects).flatMap(({ slot, address: pubkey, state }) =>
          state?.owner === program && passes(state, filters)
            ? [inContext(slot, { pubkey, account: this.#json(state, config) })]
            : [],
        ),
      }),
    };
  }

  /** An account that is gone is told as an empty one, as validators do. */
  #json(state: Change['state'], config: z.output<typeof schemas.account>[1]) {
    return accountJson(state ?? emptyAccount, config, (mint) => this.#chain.mint(mint));
  }
}

const emptyAccount = {
  lamports: 0n,
  owner: '11111111111111111111111111111111',
  data: new Uint8Array(),
  executable: false,
  rentEpoch: 0n,
};

type Change = Readonly<{ slot: number; address: string; state: Effect['changes'][number][1] }>;

/** The last state of each account in each slot. */
function changesIn(effects: readonly Effect[]): readonly Change[] {
  const last = new Map<string, Change>();
  for (const { landed, changes } of effects) {
    for (const [changed, state] of changes) {
      last.set(`${landed.slot} ${changed}`, { slot: landed.slot, address: changed, state });
    }
  }
  return [...last.values()];
}

function signatureWatch(name: string, config: z.output<typeof committed>): Watch {
  return {
    commitment: config?.commitment ?? 'finalized',
    method: 'signatureNotification',
    effects(effects) {
      const effect = effects.find(({ landed }) => landed.signature === name);
      if (effect === undefined) return { results: [] };
      const { slot, error } = effect.landed;
      return { results: [inContext(slot, { err: error })], last: true };
    },
  };
}

function logsWatch(filter: z.output<typeof mentions>, config: z.output<typeof committed>): Watch {
  const mentioned = typeof filter === 'string' ? undefined : filter.mentions[0];
  return {
    commitment: config?.commitment ?? 'finalized',
    method: 'logsNotification',
    effects: (effects) => ({
      results: effects.flatMap(({ landed }) => {
        if (mentioned !== undefined && !landed.keys.includes(mentioned)) return [];
        const { signature: name, error, logs, slot } = landed;
        return [inContext(slot, { signature: name, err: error, logs })];
      }),
    }),
  };
}

function inContext(slot: number, value: unknown) {
  return { context: { apiVersion, slot }, value };
}

function read<Schema extends z.ZodType>(schema: Schema, params: unknown): z.output<Schema> {
  const result = schema.safeParse(params ?? []);
  if (result.success) return result.data;
  throw invalidParams(result.error.issues[0]?.message ?? 'not understood');
}

/** A socket that wants too much. */
export const tooManySubscriptions = (limit: number) =>
  overLimit(`a connection has at most ${limit} subscriptions`);
