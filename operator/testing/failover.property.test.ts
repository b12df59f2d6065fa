import { afterEach, expect, test } from '@jest/globals';
import { ioPlacementResource } from '../../crds/schema/index.ts';
import { memberNamespace } from '../domain/lease.ts';
import type { FailingMember } from './failing-member.ts';
import { FailingWorld } from './failing-world.ts';
import { below, pick, type RandomSource, seededRandom } from './seeded-random.ts';

const fencedAfter = (fenceAfterSeconds: number) => ({
  failover: { policy: 'AfterFence', fenceAfterSeconds },
});
const seeds = Array.from({ length: 4 }, (_, index) => index + 1);

let world: FailingWorld | undefined;
afterEach(() => world?.close());

/** What goes wrong with one member: for a while its line is cut, deaf or slow, or its agent is killed. */
class Trouble {
  readonly #member: FailingMember;
  readonly #random: RandomSource;
  #untilTick = 0;
  #restartTick: number | undefined;
  #tick = 0;

  constructor(member: FailingMember, random: RandomSource) {
    this.#member = member;
    this.#random = random;
  }

  async next(): Promise<void> {
    this.#tick += 1;
    const random = this.#random;
    const { line } = this.#member;
    if (this.#restartTick === this.#tick) {
      this.#restartTick = undefined;
      await this.#member.startAgent();
    } else if (this.#restartTick === undefined && random() < 0.005) {
      this.#member.killAgent();
      this.#restartTick = this.#tick + 1 + below(random, 4);
    }
    if (this.#tick < this.#untilTick) return;
    const ticks = pick(random, [5, 20, 50, 80, 100, 150, 250]);
    this.#untilTick = this.#tick + ticks;
    const kind = pick(random, ['fine', 'fine', 'cut', 'cut', 'deaf', 'slow'] as const);
    line.isCut = kind === 'cut';
    line.losesAnswers = kind === 'deaf';
    line.delayMs = kind === 'slow' ? 1_000 + random() * 3_000 : 5 + random() * 100;
  }

  async end(): Promise<void> {
    Object.assign(this.#member.line, { isCut: false, losesAnswers: false, delayMs: 5 });
    if (this.#restartTick !== undefined) await this.#member.startAgent();
  }
}

test.each(seeds)(
  'whatever fails, nothing runs twice or is billed twice, and all is placed in the end (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    world = new FailingWorld(random);
    const current = world;
    await current.start([fencedAfter(30), fencedAfter(20)]);
    await current.run(30);
    current.hubFaultShare = 0.03;
    const troubles = current.members.map((member) => new Trouble(member, random));
    await current.run(600, async () => {
      for (const trouble of troubles) await trouble.next();
      if (random() < 0.002) current.startHub();
    });
    current.hubFaultShare = 0;
    for (const trouble of troubles) await trouble.end();
    await current.run(300);

    expect(current.twice).toEqual([]);
    expect(current.billedTwice()).toBe(0);
    const placements = current.hub.placements();
    expect(placements).toHaveLength(2);
    expect(placements.filter(({ metadata }) => metadata.deletionTimestamp)).toEqual([]);
    const wanted = placements.map(({ spec }) => `${spec.leaseId} on ${spec.member}`);
    const runs = current.members.flatMap((member) =>
      member.running().map(({ leaseId }) => `${leaseId} on ${member.name}`),
    );
    expect(runs.toSorted()).toEqual(wanted.toSorted());
    // Something happened: work was stopped, and began anew.
    expect(current.members.flatMap(({ billed }) => billed).length).toBeGreaterThan(2);
  },
  60_000,
);

test('a slow line, and agents and hubs that come and go, disturb nothing', async () => {
  const random = seededRandom(99);
  world = new FailingWorld(random);
  const current = world;
  await current.start([fencedAfter(30), fencedAfter(30)]);
  await current.run(30);
  const before = current.members.flatMap((member) => member.running());
  expect(before).toHaveLength(2);
  for (const { line } of current.members) line.delayMs = 2_500;
  for (let round = 0; round < 6; round += 1) {
    await current.run(60);
    current.startHub();
    await current.run(15);
    for (const member of current.members) {
      member.killAgent();
      await member.startAgent();
    }
  }
  await current.run(60);
  expect(current.members.flatMap((member) => member.running())).toEqual(before);
});

test('where every member was lost in turn, the cluster waits for the first that is asked again', async () => {
  world = new FailingWorld(seededRandom(7));
  const current = world;
  await current.start([fencedAfter(30)]);
  await current.run(20);
  for (let round = 0; round < 3; round += 1) {
    const member = current.members.find(({ name }) => name === holder(current));
    if (member === undefined) throw new Error('it is not placed');
    member.line.isCut = true;
    await current.run(48);
  }
  expect(holder(current)).toBeUndefined();
  for (const { line } of current.members) line.isCut = false;
  await current.run(60);
  expect(holder(current)).toBeDefined();
});

test.each(seeds)(
  'two hubs that both believe they lead place each cluster once (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    world = new FailingWorld(random);
    const current = world;
    await current.start([fencedAfter(30), fencedAfter(20)]);
    current.startHubBeside();
    const troubles = current.members.map((member) => new Trouble(member, random));
    await current.run(400, async () => {
      for (const trouble of troubles) await trouble.next();
    });
    for (const trouble of troubles) await trouble.end();
    current.startHub();
    await current.run(300);
    expect(current.twice).toEqual([]);
    expect(current.billedTwice()).toBe(0);
    expect(current.hub.placements()).toHaveLength(2);
  },
  60_000,
);

test('a placement that a hub wrote late, beside the one that counts, goes', async () => {
  world = new FailingWorld(seededRandom(5));
  const current = world;
  await current.start([fencedAfter(30)]);
  await current.run(20);
  const [placement] = current.hub.placements();
  if (placement === undefined) throw new Error('it is not placed');
  const member = placement.spec.member === 'berlin' ? 'cairo' : 'berlin';
  const late = { ...placement.metadata, namespace: memberNamespace(member) };
  const { uid: _, creationTimestamp: __, ...metadata } = late;
  current.hub.put(ioPlacementResource, { metadata, spec: { ...placement.spec, member } });
  await current.run(10);
  expect(current.hub.placements().map(({ metadata: { uid } }) => uid)).toEqual([
    placement.metadata.uid,
  ]);
  expect(current.billedTwice()).toBe(0);
});

const holder = ({ hub }: FailingWorld): string | undefined => hub.placements()[0]?.spec.member;
