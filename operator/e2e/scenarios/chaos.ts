import { expect } from '@jest/globals';
import { sql } from 'kysely';
import { ioAccountResource, type IOCluster, ioMemberResource } from '../../../crds/schema/index.ts';
import { gpuKinds, type MemberProfile } from '../../../hack/federation/member-profiles.ts';
import type { World } from '../../../hack/federation/world.ts';
import type { Span } from '../../../hack/soak/spans.ts';
import type { Witness } from '../../../hack/soak/witness.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  conditionOf,
  createCluster,
  expectReady,
  newNamespace,
  type SpecParts,
  type Where,
} from '../harness.ts';

/** What chaos scenarios share: members that can stand in for each other, and what must never be. */

const ANYWHERE_MS = 90_000;
const POLL_MS = 100;

const place = (name: string, country: string, latitude: string): MemberProfile => ({
  name,
  displayName: name,
  location: { country, region: 'any', city: name, latitude, longitude: '8.68' },
  certifications: [],
  gpuPools: [{ ...gpuKinds.hopper, name: 'h100', nodes: 2, gpusPerNode: 4 }],
  cpuNodes: 1,
  offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 }],
});

/** Three data centres with the same GPUs at the same price. */
export const equals: readonly MemberProfile[] = [
  place('north-1', 'SE', '59.33'),
  place('middle-1', 'DE', '50.11'),
  place('south-1', 'IT', '41.90'),
];

/** One renter with money, whose name is its namespace. */
export async function newRenter(world: World, name: string): Promise<string> {
  const { money } = world.operator;
  if (money === undefined) throw new Error('the product has no ledger');
  const namespace = await newNamespace(world, name);
  const metadata = { name, namespace };
  await world.hub.create(ioAccountResource, { metadata, spec: { kind: 'Renter' } });
  await money.cli([
    'deposit',
    `--database-url-file=${money.ownerUrlFile}`,
    ...[`--account=${name}/${name}`, '--amount=1000.00', `--reference=${name}`],
  ]);
  return name;
}

export type Running = Awaited<ReturnType<typeof expectReady>> & { readonly member: string };

/** A cluster of one worker that runs on the member; the other members are open to it. */
export async function runOn(
  world: World,
  member: string,
  where: Where,
  parts: SpecParts = {},
): Promise<Running> {
  const others = world.memberNames.filter((name) => name !== member);
  await cordon(world, others, true);
  try {
    await createCluster(world, where, { accountRef: { name: where.namespace }, ...parts });
    return await readyAt(world, where);
  } finally {
    await cordon(world, others, false);
  }
}

/** The cluster as it is Ready now, and where. */
export async function readyAt(world: World, where: Where): Promise<Running> {
  const cluster = await expectReady(world, where);
  return { ...cluster, member: cluster.lease.member };
}

/** Nothing new is placed on these members, or again. */
export async function cordon(
  world: World,
  members: readonly string[],
  cordoned: boolean,
): Promise<void> {
  for (const name of members) {
    await world.hub.mergePatch(ioMemberResource, name, undefined, { spec: { cordoned } });
  }
  await eventually(
    async () => {
      for (const name of members) {
        const member = await world.hub.get(ioMemberResource, name);
        const found = conditionOf(member ?? {}, 'Schedulable');
        expect({ name, status: found?.status }).toEqual({
          name,
          status: cordoned ? 'False' : 'True',
        });
      }
    },
    { withinMs: ANYWHERE_MS, everyMs: POLL_MS },
  );
}

/** Waits until the cluster has a placement of a later lease, and says on which member. */
export async function placedAnew(
  world: World,
  before: Running,
  withinMs: number,
): Promise<Readonly<{ member: string; lease: string }>> {
  return eventually(
    async () => {
      const placements = await world.placements(before.metadata.uid ?? '');
      const found = placements.find(({ spec }) => spec.leaseId !== before.lease.id);
      if (found === undefined) throw new Error(`${before.metadata.name} is not placed anew`);
      return { member: found.spec.member, lease: found.spec.leaseId };
    },
    { withinMs, everyMs: POLL_MS },
  );
}

/** Waits until the work of a lease is gone from its member, by the member's own API server. */
export async function stopped(world: World, { lease }: Running, withinMs: number): Promise<void> {
  await eventually(
    async () => {
      const rayClusters = await world.rayClusters(lease.id);
      const pods = await world.pods(lease.id);
      expect([...rayClusters, ...pods].map(({ object }) => object.metadata.name)).toEqual([]);
    },
    { withinMs, everyMs: POLL_MS },
  );
}

/** Ready times of the workers of a lease. */
const spansOf = (witness: Witness, lease: string): readonly Span[] =>
  witness
    .seen()
    .pods.filter((pod) => pod.lease === lease && pod.devices > 0)
    .flatMap(({ spans }) => spans);

/** No worker of one of the leases was Ready while one of another was; leases of one cluster. */
export function expectOneAtATime(witness: Witness, leases: readonly string[]): void {
  const known = leases.map((lease) => ({ lease, spans: spansOf(witness, lease) }));
  expect(known.filter(({ spans }) => spans.length === 0)).toEqual([]);
  const all = known.flatMap(({ lease, spans }) => spans.map((span) => ({ lease, ...span })));
  const together = all.flatMap((one) =>
    all.filter((other) => one.lease < other.lease && one.from < other.to && other.from < one.to),
  );
  expect(together).toEqual([]);
}

/** Waits until all that was used by a lease is told to the ledger, and returns its device-seconds. */
export async function toldSeconds(database: Database, lease: string): Promise<number> {
  return eventually(
    async () => {
      const { rows } = await sql<{ open: number; ended: number; seconds: number }>`
        select count(*) filter (where i.end_s is null)::int as open,
          count(*) filter (where i.end_s is not null)::int as ended,
          coalesce(sum(i.end_s - i.start_s), 0)::int as seconds
        from io.intervals i join io.leases l using (lease_no) where l.lease_id = ${lease}
      `.execute(database);
      expect(rows[0]).toMatchObject({ open: 0 });
      expect(rows[0]?.ended).toBeGreaterThan(0);
      return rows[0]?.seconds ?? 0;
    },
    { withinMs: ANYWHERE_MS, everyMs: POLL_MS },
  );
}

/** Workers of a lease by uid, which tells whether they are still the same. */
export async function podsOf(world: World, { lease }: Running): Promise<readonly string[]> {
  const pods = await world.pods(lease.id);
  return pods.map(({ object }) => object.metadata.uid ?? '').toSorted();
}

/** The condition of a member is as wanted. */
export function memberIs(
  world: World,
  member: string,
  type: string,
  wanted: string,
  withinMs = ANYWHERE_MS,
): Promise<void> {
  return eventually(
    async () => {
      const found = conditionOf((await world.hub.get(ioMemberResource, member)) ?? {}, type);
      const text = `${member} ${type}=${found?.status} ${found?.reason}: ${found?.message}`;
      if (found?.status !== wanted) throw new Error(text);
    },
    { withinMs, everyMs: POLL_MS },
  );
}

export const leaseOf = ({ status }: IOCluster): string => status?.lease?.id ?? '';
