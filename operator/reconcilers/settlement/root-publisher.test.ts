import { expect, test } from '@jest/globals';
import { epochEnd } from '../../domain/epoch.ts';
import type { BuiltRoot, DistributorState, RewardRoot } from '../../domain/settlement/roots.ts';
import type { ChainOperation, OperationState } from '../../domain/settlement/types.ts';
import { ChainUnavailableError } from '../../ports/chain.ts';
import type { Logger } from '../../runtime/logger.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { rootPublisher } from './root-publisher.ts';

const genesisSeconds = 3_600_000;
const challengeDelaySeconds = 1_800;
const turnMs = 5_000;

const rootOf = (epoch: number): BuiltRoot => ({
  programId: 'program',
  distributor: 'distributor',
  mint: 'mint',
  leavesHash: '',
  builtAtSeconds: 0,
  epoch,
  root: String(epoch),
  total: BigInt(epoch),
  leafCount: 1,
  depth: 0,
});
const operationOf = ({ epoch }: RewardRoot): ChainOperation => ({
  operationId: `op-${epoch}`,
  kind: 'PublishRoot',
  signer: 'publisher',
  payload: '{}',
});

/** A ledger whose newest root a test sets, and a chain of which it decides what lands. */
class World {
  newest: BuiltRoot | undefined;
  state: DistributorState | undefined = {
    active: undefined,
    pending: undefined,
    challengeDelaySeconds,
    emissionPerEpoch: 1_000n,
    genesisSeconds,
    paused: false,
  };
  isAway = false;
  readonly clock = new ManualClock((epochEnd(10, genesisSeconds) + 300) * 1000);
  readonly recorded: string[] = [];
  readonly states = new Map<string, OperationState>();
  readonly steps: string[] = [];
  readonly errors: string[] = [];

  get #nowSeconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** A publisher as another leader would start it. */
  start(genesis = genesisSeconds): void {
    const error = (_: object, message: string) => void this.errors.push(message);
    const logger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error };
    const publisher = rootPublisher({
      roots: { build: async () => this.newest },
      distributor: {
        read: async () => {
          if (this.isAway) throw new ChainUnavailableError('away');
          return this.state && { state: this.state, nowSeconds: this.#nowSeconds };
        },
      },
      operations: {
        record: async ({ operationId }) => {
          this.recorded.push(operationId);
          this.states.set(operationId, { state: 'Pending', signature: undefined, message: '' });
        },
        states: async () => this.states,
      },
      operationOf,
      genesisSeconds: async () => genesis,
      metrics: { rootBuilt: (_, step) => void this.steps.push(step) },
      clock: this.clock,
      logger,
    });
    void publisher.run(new AbortController().signal, {});
  }

  async turn(): Promise<string | undefined> {
    await this.clock.advance(turnMs);
    return this.steps.at(-1);
  }

  /** The sender did its work: the root is pending on chain. */
  publish({ epoch, root, total, leafCount, depth }: BuiltRoot): void {
    const published = { epoch, root, total, leafCount, depth };
    this.states.set(operationOf(published).operationId, done);
    const pending = { ...published, publishedSeconds: this.#nowSeconds };
    if (this.state !== undefined) this.state = { ...this.state, pending };
  }
}

const done: OperationState = { state: 'Done', signature: 'x', message: '' };

test('a root is recorded once it is built, and is left alone when it is there', async () => {
  const world = new World();
  world.start();
  expect(await world.turn()).toBeUndefined();
  world.newest = rootOf(8);
  expect(await world.turn()).toBe('Publish');
  world.publish(rootOf(8));
  expect(await world.turn()).toBe('Published');
  expect(new Set(world.recorded)).toEqual(new Set(['op-8']));
});

test('the next one waits until the one before has matured, and those between are skipped', async () => {
  const world = new World();
  world.publish(rootOf(6));
  world.newest = rootOf(7);
  world.start();
  expect(await world.turn()).toBe('Challenge');
  world.newest = rootOf(9);
  await world.clock.advance(challengeDelaySeconds * 1000);
  expect(world.steps.at(-1)).toBe('Publish');
  expect(new Set(world.recorded)).toEqual(new Set(['op-9']));
});

test('while one is being sent no other one is recorded', async () => {
  const world = new World();
  world.newest = rootOf(7);
  world.start();
  await world.turn();
  world.newest = rootOf(8);
  expect(await world.turn()).toBe('Sending');
  expect(new Set(world.recorded)).toEqual(new Set(['op-7']));
});

test('what somebody cancelled is not published again; the next root is', async () => {
  const world = new World();
  world.newest = rootOf(8);
  world.states.set('op-8', done);
  world.start();
  expect(await world.turn()).toBe('Cancelled');
  expect(world.errors).toEqual(['the root cannot be published']);
  world.newest = rootOf(9);
  expect(await world.turn()).toBe('Publish');
  expect(new Set(world.recorded)).toEqual(new Set(['op-9']));
});

test.each([
  ['the program is not there', false, 'NoDistributor'],
  ['the program refused it', true, 'Refused'],
])('it is said when %s', async (_, isThere, step) => {
  const world = new World();
  world.newest = rootOf(8);
  world.states.set('op-8', { state: 'Refused', signature: undefined, message: 'no' });
  if (!isThere) world.state = undefined;
  world.start();
  expect(await world.turn()).toBe(step);
  await world.turn();
  expect(world.errors).toHaveLength(1);
  expect(world.recorded).toEqual([]);
});

test('nothing is published when ledger and program count epochs from different hours', async () => {
  const world = new World();
  world.newest = rootOf(8);
  world.start(genesisSeconds + 3_600);
  expect(await world.turn()).toBe('OtherGenesis');
  expect(world.recorded).toEqual([]);
});

test('a chain that is away is waited for', async () => {
  const world = new World();
  world.newest = rootOf(8);
  world.isAway = true;
  world.start();
  expect(await world.turn()).toBeUndefined();
  world.isAway = false;
  expect(await world.turn()).toBe('Publish');
  expect(world.errors).toEqual([]);
});
