import { expect, test } from '@jest/globals';
import { ioClusterResource } from '../../../crds/schema/index.ts';
import { MemoryLedger } from '../../testing/memory-ledger.ts';
import { heartbeatResource } from '../heartbeats.ts';
import { type Fault, hold, PaidWorld, renter } from '../../testing/paid-world.ts';

/** A cluster is placed, runs, and is deleted, to its very end. After a crash some devices are gone. */
async function life(world: PaidWorld, lost: readonly string[] = []): Promise<void> {
  world.start();
  world.lost = lost;
  await world.run(30);
  world.agent();
  await world.run(30);
  world.hub.delete(ioClusterResource, 'train', 'team');
  await world.run(30);
  world.agent();
  await world.run(90);
}

/** What is left after such a life in which something went wrong. */
async function after(faults: readonly Fault[] = [], lost?: readonly string[]) {
  const ledger = new MemoryLedger();
  ledger.deposit(renter, 10n * hold);
  const world = new PaidWorld(ledger, faults);
  await life(world, lost);
  const leases = [...ledger.leases.values()];
  for (const { terms } of leases) ledger.settle(terms.leaseId);
  return {
    calls: world.calls,
    leases,
    clusters: world.hub.clusters(),
    placements: world.hub.placements(),
    balances: await ledger.balances(renter),
  };
}

test('a cluster is held for once and ended once, in this order', async () => {
  const { calls, leases, clusters, placements } = await after();
  expect({ clusters, placements }).toEqual({ clusters: [], placements: [] });
  expect(leases).toMatchObject([{ state: 'Closed', evidence: 'deleted by the renter' }]);
  expect(leases[0]?.terms).toMatchObject({
    cluster: 'team/train',
    renter,
    supplier: 'io/berlin',
    fees: { renterBasisPoints: 225, supplierBasisPoints: 25 },
    devices: [
      { device: 'n1-gpu-0', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n },
      { device: 'n1-gpu-1', model: 'H100-80GB-HBM3', ratePerHour: 2_000_000n },
    ],
  });
  expect(calls).toEqual([
    'openLeases',
    'mergePatch',
    'open',
    'apply',
    'apply',
    'apply',
    'delete',
    'close',
    'mergePatch',
  ]);
});

const whens = ['before', 'after'] as const;
const kinds = ['crash', 'no answer'] as const;
const ledgerCalls = ['openLeases', 'open', 'close'];

test('wherever it is cut, there is one hold and one end, and all money is back', async () => {
  const { calls } = await after();
  for (const [call, name] of calls.entries()) {
    for (const kind of kinds) {
      if (kind === 'no answer' && !ledgerCalls.includes(name)) continue;
      for (const when of whens) {
        const left = await after([{ call, when, kind }]);
        expect({ call, name, kind, when, ...left }).toMatchObject({
          clusters: [],
          placements: [],
          leases: [{ state: 'Closed' }],
          balances: [{ available: 10n * hold, held: 0n }],
        });
      }
    }
  }
});

test('a lease that was opened and not placed is ended when other devices are found', async () => {
  const open = { call: 2, when: 'after', kind: 'crash' } as const;
  const lost = ['n1-gpu-0'];
  const { calls } = await after([open], lost);
  expect(calls[open.call]).toBe('open');
  for (const call of calls.keys()) {
    for (const when of whens) {
      const left = await after(
        call > open.call ? [open, { call, when, kind: 'crash' }] : [open],
        lost,
      );
      expect({ call, when, ...left }).toMatchObject({
        clusters: [],
        placements: [],
        leases: [
          { state: 'Closed', evidence: expect.stringMatching(/never placed|has no placement/) },
          { state: 'Closed', evidence: 'deleted by the renter' },
        ],
        balances: [{ available: 10n * hold, held: 0n }],
      });
    }
  }
});

const leaseOf = (renewTime: string) => ({
  metadata: { name: 'heartbeat', namespace: 'io-member-berlin' },
  spec: { renewTime },
});

/** A cluster that runs on berlin, which then is silent; `renewed`: but has renewed its Lease since. */
async function onSilentMember(renewed: boolean): Promise<PaidWorld> {
  const ledger = new MemoryLedger();
  ledger.deposit(renter, 10n * hold);
  const world = new PaidWorld(ledger);
  world.start();
  await world.run(30);
  world.agent();
  await world.run(10);
  world.heardRenewal = 'first';
  world.hub.put(heartbeatResource, leaseOf(renewed ? 'second' : 'first'));
  world.silence(60_000);
  await world.run(30);
  return world;
}

test('what ran on a lost member is ended without its agent, and placed anew', async () => {
  const world = await onSilentMember(false);
  expect(world.hub.placements().map(({ spec }) => [spec.member, spec.leaseGeneration])).toEqual([
    ['austin', 2],
  ]);
});

test('an agent that was heard after all ends its placement itself', async () => {
  const world = await onSilentMember(true);
  const [placement, ...others] = world.hub.placements();
  expect(others).toEqual([]);
  expect(placement?.spec.member).toBe('berlin');
  expect(placement?.metadata.deletionTimestamp).toBeDefined();
  world.agent();
  await world.run(10);
  expect(world.hub.placements().map(({ spec }) => spec.member)).toEqual(['austin']);
});
