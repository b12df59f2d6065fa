import { sql } from 'kysely';
import type { Asset } from '../../domain/ledger/types.ts';
import { epochEnd, epochStart } from '../../domain/epoch.ts';
import { instant } from '../../domain/instant.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import { type EmissionFacts, emissionView, supplyCurve } from '../../domain/views/emission.ts';
import type { ChainEventView, EpochView } from '../../domain/views/public.ts';
import type { Page, PageRequest } from '../../domain/views/types.ts';
import type { PublicLedger } from '../../ports/public-ledger.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { genesisSeconds } from './migrate.ts';
import { publicBundle } from './public-bundle.ts';

/** What the ledger tells everybody. No query here reads a name, an account or a wallet. */
export function createPublicLedger(database: Database): PublicLedger {
  let drawn: Drawn | undefined;
  return {
    epochs: (page) => withStore(() => epochs(database, page)),
    epoch: (epoch) =>
      withStore(async () => {
        const [found] = await epochRows(database, sql`e.epoch = ${epoch}`, 1);
        return found && epochViewOf(found, await genesisSeconds(database));
      }),
    bundle: (epoch) => withStore(() => publicBundle(database, epoch)),
    chainEvents: (kind, page) => withStore(() => chainEvents(database, kind, page)),
    emission: () =>
      withStore(async () => {
        const facts = await emissionFacts(database);
        const { policy, genesisSeconds: genesis } = facts;
        // Computed once: it is the same until somebody changes the policy.
        if (drawn?.policy !== policy) drawn = { policy, curve: supplyCurve(policy, genesis) };
        return emissionView(facts, drawn.curve);
      }),
  };
}

type Drawn = Readonly<{
  policy: EmissionFacts['policy'];
  curve: ReturnType<typeof supplyCurve>;
}>;

/** Sums up what epochs used that were closed since, so that lists of them are read, not counted. */
export async function keepEpochSums(database: Database): Promise<void> {
  await sql`
    insert into io.epoch_sums (epoch, device_seconds)
    select e.epoch, io.device_seconds_of(e.epoch) from io.epochs e
    where not exists (select from io.epoch_sums s where s.epoch = e.epoch)
    order by e.epoch desc limit ${sumsAtOnce}
    on conflict do nothing`.execute(database);
}

const sumsAtOnce = 24;

type EpochRow = Readonly<{
  epoch: number;
  closedAtSeconds: number;
  leases: number;
  deviceSeconds: bigint;
  digest: string;
  chain: string;
  emitted: bigint | null;
  undistributed: bigint | null;
  devices: number | null;
  eligible: number | null;
  rewardsDigest: string | null;
}>;

async function epochRows(
  database: Database,
  where: ReturnType<typeof sql>,
  limit: number,
): Promise<readonly EpochRow[]> {
  const { rows } = await sql<EpochRow>`
    select e.epoch, e.closed_at_s as "closedAtSeconds", e.leases,
      io.device_seconds_of(e.epoch) as "deviceSeconds", encode(e.digest, 'hex') as digest,
      encode(e.chain, 'hex') as chain, r.emitted, r.undistributed, r.devices, r.eligible,
      encode(r.digest, 'hex') as "rewardsDigest"
    from io.epochs e left join io.reward_epochs r using (epoch)
    where ${where} order by e.epoch desc limit ${limit}`.execute(database);
  return rows;
}

async function epochs(database: Database, { limit, after }: PageRequest): Promise<Page<EpochView>> {
  const before = numberAfter(after);
  const where = before === undefined ? sql`true` : sql`e.epoch < ${Number(before)}`;
  const rows = await epochRows(database, where, limit + 1);
  const genesis = await genesisSeconds(database);
  const page = rows.slice(0, limit);
  return {
    items: page.map((row) => epochViewOf(row, genesis)),
    next: rows.length > limit ? String(page.at(-1)?.epoch) : undefined,
  };
}

function epochViewOf(row: EpochRow, genesis: number): EpochView {
  const { epoch, leases, digest, chain, emitted, undistributed, devices, eligible } = row;
  const isRewarded = emitted !== null && undistributed !== null;
  return {
    epoch,
    startTime: instant(epochStart(epoch, genesis)),
    endTime: instant(epochEnd(epoch, genesis)),
    closedAt: instant(row.closedAtSeconds),
    leases,
    deviceSeconds: String(row.deviceSeconds),
    digest,
    chain,
    rewards: isRewarded
      ? {
          emitted: formatAmount(emitted, 'IO'),
          undistributed: formatAmount(undistributed, 'IO'),
          devices: devices ?? 0,
          eligible: eligible ?? 0,
          digest: row.rewardsDigest ?? '',
        }
      : undefined,
  };
}

type ChainEventRow = Readonly<{
  number: bigint;
  signature: string;
  slot: bigint;
  atSeconds: number;
  kind: string;
  asset: Asset | null;
  amount: bigint | null;
}>;

async function chainEvents(
  database: Database,
  kind: string | undefined,
  { limit, after }: PageRequest,
): Promise<Page<ChainEventView>> {
  const before = numberAfter(after);
  const { rows } = await sql<ChainEventRow>`
    select event_no as number, signature, slot, at_s as "atSeconds", kind,
      payload->>'asset' as asset, (payload->>'amount')::bigint as amount
    from io.chain_events
    where ${kind === undefined ? sql`true` : sql`kind = ${kind}`}
      and ${before === undefined ? sql`true` : sql`event_no < ${before}`}
    order by event_no desc limit ${limit + 1}`.execute(database);
  const page = rows.slice(0, limit);
  return {
    items: page.map(chainEventView),
    next: rows.length > limit ? String(page.at(-1)?.number) : undefined,
  };
}

function chainEventView(row: ChainEventRow): ChainEventView {
  // What the program moves without naming a mint is IO.
  const asset = row.amount === null ? undefined : (row.asset ?? 'IO');
  return {
    signature: row.signature,
    slot: Number(row.slot),
    time: instant(row.atSeconds),
    kind: row.kind,
    asset,
    amount:
      asset === undefined || row.amount === null ? undefined : formatAmount(row.amount, asset),
  };
}

async function emissionFacts(database: Database): Promise<EmissionFacts> {
  const { rows } = await sql<Omit<EmissionFacts, 'genesisSeconds'>>`
    select coalesce((select max(epoch) from io.reward_epochs), 0) as epochs,
      coalesce((select sum(emitted) from io.reward_epochs), 0)::bigint as emitted,
      coalesce((select sum(balance) from io.accounts where kind = 'burn' and asset = 'IO'), 0)::bigint
        as burned,
      coalesce((select (u.content::jsonb)->'emission'->>'kind'
        from io.reward_epochs e join io.reward_rules u using (rules_hash)
        order by e.epoch desc limit 1), 'hourly-disinflation') as policy`.execute(database);
  const [facts] = rows;
  if (facts === undefined) throw new Error('a query of sums has no row');
  return { ...facts, genesisSeconds: await genesisSeconds(database) };
}

/** A key of a page is a number; anything else is before everything. */
function numberAfter(after: string | undefined): bigint | undefined {
  if (after === undefined) return undefined;
  return /^\d{1,18}$/.test(after) ? BigInt(after) : 0n;
}
