import { sql } from 'kysely';
import { type IOAccount, ioAccountResource, ioClusterResource } from '../../crds/schema/index.ts';
import { type Database, openDatabase } from '../../operator/adapters/postgres/database.ts';
import { formatAmount, parseAmount } from '../../operator/domain/pricing/assets.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { examplePath } from '../federation/examples.ts';
import { meteredSeconds, tamperWithCharge } from '../federation/ledger.ts';
import type { Money } from '../federation/operator.ts';
import type { World } from '../federation/world.ts';
import type { Stages } from './stages.ts';

const POLL_MS = 200;
const PAID_IN_WITHIN_S = 60;
const METERED_WITHIN_S = 60;
const SETTLED_WITHIN_S = 120;
const AUDITED_WITHIN_S = 120;
/** What is metered before the demo goes on. */
const METERED_SECONDS = 5;

/** The account that pays in the demo: that of docs/examples/account.yaml. */
export const renter = { namespace: 'default', name: 'renter' } as const;
const renterKey = `${renter.namespace}/${renter.name}`;
const paidIn = '100.00';
/** An IOCluster that ends by itself. */
const shortJob = { namespace: 'default', name: 'short-job', ttl: '12s' } as const;

/** A renter appears with money, which comes over the chain. */
export async function payIn(world: World, stages: Stages): Promise<void> {
  await stages.run(`the renter pays in ${paidIn} USDC`, PAID_IN_WITHIN_S, async () => {
    await world.mustKubectl(['apply', '-f', examplePath('account')]);
    const { settlement } = world.operator;
    if (settlement === undefined) throw new Error('the product was started without a chain');
    const wallet = await settlement.wallet('renter');
    await settlement.fund(wallet.address, 'USDC', parseAmount(paidIn, 'USDC') ?? 0n);
    const printed = await moneyOf(world).cli([
      'pay-in',
      ...settlement.flags,
      `--account=${renterKey}`,
      `--amount=${paidIn}`,
      `--wallet-key-file=${wallet.file}`,
    ]);
    await eventually(
      async () => {
        const account = await world.hub.get(ioAccountResource, renter.name, renter.namespace);
        const available = balance(account)?.available;
        if (available !== paidIn) throw new Error(`status.balances says ${available ?? 'nothing'}`);
      },
      { withinMs: PAID_IN_WITHIN_S * 1000, everyMs: POLL_MS },
    );
    return printed.trim().split('\n');
  });
}

/** What a running cluster costs is held and counted. */
export async function showMetering(
  world: World,
  stages: Stages,
  cluster: { readonly namespace: string; readonly name: string },
): Promise<void> {
  await stages.run('money is held, Ready seconds are metered', METERED_WITHIN_S, (say) =>
    eventually(
      async () => {
        const found = await world.cluster(cluster.namespace, cluster.name);
        const { lease, conditions = [], quote } = found?.status ?? {};
        const missing = ['Quoted', 'Funded', 'Metering'].filter(
          (type) => conditions.find((each) => each.type === type)?.status !== 'True',
        );
        const used = await withDatabase(world, (database) =>
          meteredSeconds(database, lease?.id ?? ''),
        );
        say(`${used} device-seconds; ${missing.join(', ')}`);
        if (missing.length > 0 || used < METERED_SECONDS) {
          throw new Error(`${used} device-seconds, not True: ${missing.join(', ')}`);
        }
        const words = conditions.filter(({ type }) => ['Quoted', 'Funded'].includes(type));
        return [
          ...words.map(({ type, message }) => `${type.padEnd(8)} ${message}`),
          `Metering ${used} device-seconds so far, at ${quote?.payment?.perHour ?? '?'} USDC an hour`,
        ];
      },
      { withinMs: METERED_WITHIN_S * 1000, everyMs: POLL_MS },
    ),
  );
}

/** A cluster ends, and everybody has what is theirs. */
export async function showSettlement(world: World, stages: Stages): Promise<void> {
  await stages.run(
    'a short job ends: the renter is charged, the supplier paid',
    SETTLED_WITHIN_S,
    () => settleShortJob(world),
  );
  await stages.run('the statement of the renter', AUDITED_WITHIN_S, async () => {
    const month = new Date().toISOString().slice(0, 7);
    const money = moneyOf(world);
    const text = await money.cli([
      'statement',
      `--database-url-file=${money.readerUrlFile}`,
      `--account=${renterKey}`,
      `--month=${month}`,
    ]);
    return text.trim().split('\n');
  });
  await stages.run('an audit recomputes every charge and balance', AUDITED_WITHIN_S, () =>
    audit(world),
  );
}

/** One number is changed behind the ledger's back, and the audit names it. */
export async function tamper(world: World, stages: Stages): Promise<void> {
  const title = 'a superuser changes one charge by 0.000001 USDC: the audit finds it';
  await stages.run(title, AUDITED_WITHIN_S, async () => {
    await withDatabase(world, tamperWithCharge);
    const complaint = await audit(world).then(
      () => undefined,
      (error: Error & { stdout?: string }) => error.stdout ?? error.message,
    );
    if (complaint === undefined) throw new Error('the audit found nothing');
    return complaint.trim().split('\n').slice(-3);
  });
}

async function settleShortJob(world: World): Promise<readonly string[]> {
  await world.hub.create(ioClusterResource, {
    metadata: { name: shortJob.name, namespace: shortJob.namespace },
    spec: {
      accountRef: { name: renter.name },
      ray: { version: '2.52.1' },
      workerGroups: [{ name: 'gpu', replicas: 2, devices: { models: ['H100-80GB-HBM3'] } }],
      lifetime: { ttl: shortJob.ttl },
    },
  });
  const lines = await withDatabase(world, (database) =>
    eventually(() => settlementOf(database, shortJob), {
      withinMs: SETTLED_WITHIN_S * 1000,
      everyMs: POLL_MS,
    }),
  );
  await world.hub.delete(ioClusterResource, shortJob.name, shortJob.namespace);
  return lines;
}

/** Who paid and got what for the only lease of a cluster; throws until it is settled. */
export async function settlementOf(
  database: Database,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly string[]> {
  const { rows } = await sql<{
    state: string;
    seconds: bigint | null;
    total: bigint | null;
    supplier: string;
    earned: bigint | null;
    fees: bigint | null;
  }>`
    select l.state, l.supplier, c.raw_sum::bigint / d.rate_per_hour as seconds, c.total_sum as total,
      c.usage_sum - c.supplier_fee_sum as earned,
      c.renter_fee_sum + c.supplier_fee_sum as fees
    from io.leases l
    join io.lease_devices d on d.lease_no = l.lease_no and d.slot = 0
    left join io.charges c on c.lease_no = l.lease_no and c.final
    where l.cluster = ${`${namespace}/${name}`}
  `.execute(database);
  const [lease] = rows;
  if (lease?.state !== 'Closed' || lease.total === null || lease.total === 0n) {
    throw new Error(`the lease is ${lease?.state ?? 'not there yet'}`);
  }
  const sums = await sql<{ asset: string; sum: bigint }>`
    select asset, sum(balance)::bigint as sum from io.accounts group by asset
  `.execute(database);
  const off = sums.rows.filter(({ sum }) => sum !== 0n);
  if (off.length > 0) throw new Error(`balances add up to ${off[0]?.sum} ${off[0]?.asset}`);
  return [
    `renter    -${usdc(lease.total)} USDC for ${lease.seconds} device-seconds`,
    `supplier  +${usdc(lease.earned)} USDC for ${lease.supplier}`,
    `network   +${usdc(lease.fees)} USDC of fees`,
    'all balances add up to 0',
  ];
}

export async function audit(world: World): Promise<readonly string[]> {
  const money = moneyOf(world);
  const text = await money.cli(['audit', `--database-url-file=${money.readerUrlFile}`]);
  return text.trim().split('\n').slice(-3);
}

export async function withDatabase<T>(
  world: World,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(moneyOf(world).ownerUrl, {
    applicationName: 'demo',
    maxConnections: 1,
  });
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

export function moneyOf({ operator }: World): Money {
  if (operator.money === undefined) throw new Error('the product was started without a ledger');
  return operator.money;
}

function balance(account: IOAccount | undefined) {
  return account?.status?.balances?.find(({ asset }) => asset === 'USDC');
}

const usdc = (amount: bigint | null): string => formatAmount(amount ?? 0n, 'USDC');
