import { expect, test } from '@jest/globals';
import type { DistributorState, RewardRoot } from '../../domain/settlement/roots.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type { RootVerdict } from '../../ports/reward-roots.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { auditRoots } from './root-auditor.ts';

const challengeDelaySeconds = 1_800;
const turnMs = 5_000;

const rootOf = (epoch: number, root = `right ${epoch}`): RewardRoot => ({
  epoch,
  root,
  total: 5n,
  leafCount: 1,
  depth: 0,
});

/** A chain whose roots a test sets, and a ledger that says what they have to be. */
class World {
  pending: RewardRoot | undefined;
  active: RewardRoot | undefined;
  publishedSeconds = 0;
  isAway = false;
  ledger: 'there' | 'away' | 'behind' = 'there';
  computed = 0;
  readonly clock = new ManualClock();
  readonly cancelled: string[] = [];
  readonly verdicts: RootVerdict[] = [];
  readonly errors: string[] = [];

  start(): void {
    const error = (_: object, message: string) => void this.errors.push(message);
    const logger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error };
    const options = {
      distributor: { read: () => this.#read() },
      rootAt: (epoch: number) => this.#rootAt(epoch),
      canceller: {
        cancel: async ({ root }: RewardRoot) => {
          this.cancelled.push(root);
          return `signature of ${root}`;
        },
      },
      metrics: {
        rootAudited: (_: number, verdict: RootVerdict) => void this.verdicts.push(verdict),
        rootCancelled: () => {},
      },
      clock: this.clock,
      logger,
    };
    void auditRoots(options, new AbortController().signal);
  }

  publish(root: RewardRoot): void {
    this.pending = root;
    this.publishedSeconds = this.#nowSeconds;
  }

  async turn(): Promise<RootVerdict | undefined> {
    await this.clock.advance(turnMs);
    return this.verdicts.at(-1);
  }

  get #nowSeconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  async #read() {
    if (this.isAway) throw new ChainUnavailableError('away');
    const { publishedSeconds } = this;
    const state: DistributorState = {
      active: this.active,
      pending: this.pending && { ...this.pending, publishedSeconds },
      challengeDelaySeconds,
      emissionPerEpoch: 1n,
      genesisSeconds: 0,
      paused: false,
    };
    return { state, nowSeconds: this.#nowSeconds };
  }

  async #rootAt(epoch: number): Promise<RewardRoot | undefined> {
    this.computed += 1;
    if (this.ledger === 'away') throw new StoreUnavailableError('away', 1);
    return this.ledger === 'behind' ? undefined : rootOf(epoch);
  }
}

test('a right root is computed once and left alone', async () => {
  const world = new World();
  world.publish(rootOf(3));
  world.start();
  expect(await world.turn()).toBe('Right');
  await world.turn();
  expect([world.computed, world.cancelled, world.errors]).toEqual([1, [], []]);
});

test.each([
  ['another root', rootOf(3, 'wrong')],
  ['another total', { ...rootOf(3), total: 6n }],
  ['other leaves', { ...rootOf(3), leafCount: 2 }],
])('%s is cancelled until it is gone, and the next one is looked at', async (_, wrong) => {
  const world = new World();
  world.publish(wrong);
  world.start();
  expect(await world.turn()).toBe('Wrong');
  await world.turn();
  expect(new Set(world.cancelled)).toEqual(new Set([wrong.root]));
  expect(world.errors).toEqual(['a wrong root is cancelled']);
  world.pending = undefined;
  const sent = world.cancelled.length;
  await world.turn();
  world.publish(rootOf(4));
  expect(await world.turn()).toBe('Right');
  expect(world.cancelled).toHaveLength(sent);
});

test.each(['away', 'behind'] as const)(
  'nothing is cancelled while the ledger is %s; once it is there again, it is',
  async (ledger) => {
    const world = new World();
    world.ledger = ledger;
    world.publish(rootOf(3, 'wrong'));
    world.start();
    expect(await world.turn()).toBe('Unknown');
    expect([world.cancelled, world.errors]).toEqual([[], ['the root cannot be computed']]);
    world.ledger = 'there';
    expect(await world.turn()).toBe('Wrong');
    expect(world.cancelled[0]).toBe('wrong');
  },
);

test.each([
  ['has matured', { pending: rootOf(3, 'wrong'), active: undefined }],
  ['is active', { pending: undefined, active: rootOf(3, 'wrong') }],
])('a wrong root that %s is told and not cancelled any more', async (_, roots) => {
  const world = new World();
  Object.assign(world, roots);
  world.start();
  await world.clock.advance(challengeDelaySeconds * 1000);
  expect(world.verdicts.at(-1)).toBe('WrongAndActive');
  expect([world.cancelled, world.errors]).toEqual([[], ['claims are paid by a wrong root']]);
});

test('a chain that is away is waited for', async () => {
  const world = new World();
  world.publish(rootOf(3));
  world.isAway = true;
  world.start();
  expect(await world.turn()).toBeUndefined();
  world.isAway = false;
  expect(await world.turn()).toBe('Right');
  expect(world.errors).toEqual([]);
});
