import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { createViews } from '../../../operator/adapters/postgres/views/reader.ts';
import { createViewWriter } from '../../../operator/adapters/postgres/views/writer.ts';
import { networkSums } from '../../../operator/domain/views/network.ts';
import { Inventory } from '../../../operator/domain/inventory/inventory.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { buildDevice, buildMember } from '../../../operator/testing/builders/inventory.ts';
import { viewCluster } from '../../../operator/testing/views/objects.ts';
import { seededDevice, seededMember, seedViews } from '../../../operator/testing/views/seed.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { withDatabase } from '../database.ts';
import { quantile } from '../statistics.ts';

const DEVICES = 600_000;
const DEVICES_PER_MEMBER = 600;
const CLUSTERS = 20_000;
const SUPPLIERS = 100;
const READS = 300;
const COUNTS = 20;

/** The read model with many devices: writing all of it, its size, reading pages of it, and sums. */
export async function views(context: BenchContext): Promise<void> {
  const members = scaled(context, DEVICES / DEVICES_PER_MEMBER);
  const size = {
    members,
    devicesPerMember: DEVICES_PER_MEMBER,
    clusters: scaled(context, CLUSTERS),
    suppliers: Math.min(members, SUPPLIERS),
  };
  context.say(`sums over ${members * DEVICES_PER_MEMBER} devices`);
  sums(context, size.members, size.clusters);
  await withDatabase(async ({ owner, writerUrl }) => {
    const database = openDatabase(writerUrl, { applicationName: 'bench views' });
    try {
      await fill(context, database, size);
      await sizeOf(context, owner, members * DEVICES_PER_MEMBER);
      await sweep(context, database);
      await read(context, database, size.members);
    } finally {
      await database.destroy();
    }
  });
}

type Size = Parameters<typeof seedViews>[1];

async function fill(context: BenchContext, database: Database, size: Size): Promise<void> {
  const devices = size.members * size.devicesPerMember;
  context.say(`views of ${devices} devices from nothing`);
  const started = performance.now();
  const rows = await seedViews(createViewWriter(database), size, (written) => {
    if (written % 100_000 === 0) context.say(`${written} rows`);
  });
  context.figures.add({
    name: 'views_from_nothing_s',
    value: (performance.now() - started) / 1000,
    unit: 's',
    n: rows,
    note: `${devices} IODevices and ${rows - devices} others, made and written in batches of 1,000`,
  });
}

async function sizeOf(context: BenchContext, owner: Database, devices: number): Promise<void> {
  await sql`vacuum analyze io.view_devices`.execute(owner);
  const { rows } = await sql<{ bytes: bigint }>`
    select pg_total_relation_size('io.view_devices') as bytes`.execute(owner);
  context.figures.add({
    name: 'views_bytes_per_device',
    value: Number(rows[0]?.bytes ?? 0n) / devices,
    unit: 'B',
    n: devices,
    note: 'io.view_devices with its indexes; it does not grow while the devices are the same',
  });
}

/** What a hub that takes over reads before it writes. */
async function sweep(context: BenchContext, database: Database): Promise<void> {
  const writer = createViewWriter(database);
  const started = performance.now();
  let after: Readonly<{ scope: string; name: string }> | undefined;
  let rows = 0;
  do {
    const page = await writer.stored('device', after, 5_000);
    rows += page.length;
    after = page.length < 5_000 ? undefined : page.at(-1);
  } while (after !== undefined);
  context.figures.add({
    name: 'views_sweep_s',
    value: (performance.now() - started) / 1000,
    unit: 's',
    n: rows,
    note: 'all versions read in pages of 5,000, as a hub that takes over does',
  });
}

async function read(context: BenchContext, database: Database, members: number): Promise<void> {
  const reader = createViews(database, systemClock);
  const page = { limit: 50 };
  const account = (at: number): string => `suppliers/supplier-${at % SUPPLIERS}`;
  const middle = (at: number): { limit: number; after: string } => {
    const member = (at * 37) % members;
    return { limit: 50, after: `${seededMember(member)}/${seededDevice(member, at)}` };
  };
  const readers: Readonly<Record<string, (at: number) => Promise<unknown>>> = {
    devices: (at) => reader.devices({}, middle(at)),
    devices_of_account: (at) => reader.devices({ account: account(at) }, page),
    devices_of_account_broken: (at) =>
      reader.devices({ account: account(at), state: 'Broken' }, page),
    devices_of_member: (at) => reader.devices({ member: seededMember(at % members) }, page),
    devices_by_model_blocked: (at) =>
      reader.devices({ model: 'B200', state: 'Blocked' }, middle(at)),
    devices_broken: (at) => reader.devices({ state: 'Broken' }, middle(at)),
    device: (at) => reader.device(seededMember(at % members), seededDevice(at % members, at)),
    device_counts: () => reader.deviceCounts({}),
    device_counts_of_account: (at) => reader.deviceCounts({ account: account(at) }),
    clusters: (at) => reader.clusters(`team-${at % 10}`, page),
    cluster_in_line: () => reader.cluster('team-0', 'cluster-000500'),
    members: (at) => reader.members({ account: account(at) }, page),
    accounts: () => reader.accounts('suppliers', page),
    cases: (at) => reader.cases({ account: account(at) }, page),
    history: () => reader.history(24),
  };
  for (const [name, ask] of Object.entries(readers)) {
    const took: number[] = [];
    for (let at = 0; at < READS; at += 1) {
      const started = performance.now();
      await ask(at);
      took.push(performance.now() - started);
    }
    context.figures.add({
      name: `views_read_${name}_p99_ms`,
      value: quantile(took, 0.99),
      unit: 'ms',
      n: READS,
      note: `one after the other, median ${quantile(took, 0.5).toFixed(1)} ms`,
    });
  }
}

function sums(context: BenchContext, members: number, clusters: number): void {
  const inventory = new Inventory();
  const countries = ['DE', 'NL', 'US', 'SG', 'BR'];
  for (let member = 0; member < members; member += 1) {
    const name = seededMember(member);
    inventory.upsertMember(buildMember({ name, country: countries[member % 5] ?? 'DE' }));
    for (let at = 0; at < DEVICES_PER_MEMBER; at += 1) {
      const node = `node-${Math.floor(at / 8)}`;
      inventory.upsertDevice(buildDevice({ member: name, node, index: at % 8 }));
    }
  }
  const asked = Array.from({ length: clusters }, (_, at) => viewCluster(`cluster-${at}`));
  const took: number[] = [];
  for (let at = 0; at < COUNTS; at += 1) {
    const started = performance.now();
    networkSums(inventory.members, asked, '2026-11-25T12:00:00Z');
    took.push(performance.now() - started);
  }
  context.figures.add({
    name: 'views_sums_p99_ms',
    value: quantile(took, 0.99),
    unit: 'ms',
    n: COUNTS,
    note: `${members} members with ${DEVICES_PER_MEMBER} devices each, ${clusters} IOClusters that wait`,
  });
}
