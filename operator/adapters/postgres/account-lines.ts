import { type RawBuilder, sql } from 'kysely';
import type { AccountKey } from '../../domain/ledger/types.ts';
import type { Page, PageRequest } from '../../domain/views/types.ts';
import { type LedgerLine, PageKeyError } from '../../ports/account-ledger.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { openEpoch } from './statement-reader.ts';

/** A partition of io.transfers is a day; a row of io.account_buckets knows eight of them. */
const epochsPerDay = 24;
const daysPerBucket = 8;
const epochsPerBucket = epochsPerDay * daysPerBucket;
/** Epochs that are looked at together, from the newest on, where no bucket was counted yet. */
const windows = [2 * epochsPerDay, epochsPerBucket, 30 * epochsPerDay, 366 * epochsPerDay];

/** Each span more makes a query dearer to plan than to run. */
const spansAtOnce = 4;
const gapEpochs = 2 * epochsPerDay;

/** Where a page ended. `side` is 1 for the credit of a transfer, which comes before its debit. */
type Place = Readonly<{ epoch: number; atSeconds: number; transferId: string; side: 0 | 1 }>;
type Line = LedgerLine & Place;
/** Epochs, both ends in it. */
type Span = Readonly<{ from: number; to: number }>;

/**
 * All that moved on the accounts of an owner, newest first. What is not counted yet is looked at from
 * the newest day on; of all before it the days are known on which something moved.
 */
export async function accountLines(
  database: Database,
  owner: AccountKey,
  { limit, after }: PageRequest,
): Promise<Page<LedgerLine>> {
  const place = after === undefined ? undefined : placeOf(after);
  const newest = place?.epoch ?? (await openEpoch(database));
  const counted = await countedUntil(database);
  const found: Line[] = [];
  const wanted = (): number => limit + 1 - found.length;
  const take = async (spans: readonly Span[]): Promise<void> => {
    found.push(...(await linesIn(database, owner, { spans, place, limit: wanted() })));
  };
  for (const span of liveSpans(newest, counted)) {
    if (wanted() > 0) await take([span]);
  }
  for (let bucket = bucketOf(Math.min(newest, counted)); wanted() > 0 && bucket >= 0; ) {
    const buckets = await bucketsFrom(database, owner, bucket, wanted());
    if (buckets.length === 0) break;
    const spans = joined(buckets.flatMap(daysOf));
    for (let at = 0; at < spans.length && wanted() > 0; at += spansAtOnce) {
      await take(spans.slice(at, at + spansAtOnce));
    }
    bucket = (buckets.at(-1)?.bucket ?? 0) - 1;
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(lineOf),
    next: found.length > limit && last !== undefined ? keyOf(last) : undefined,
  };
}

const bucketOf = (epoch: number): number => Math.floor((epoch - 1) / epochsPerBucket);

async function countedUntil(database: Database): Promise<number> {
  const { rows } = await sql<{ until: number }>`
    select until from io.account_buckets_counted`.execute(database);
  return rows[0]?.until ?? 0;
}

/** Wider and wider, so that who moved money lately is answered from two partitions. */
function liveSpans(newest: number, counted: number): readonly Span[] {
  const spans: Span[] = [];
  for (let to = newest, at = 0; to > counted; at += 1) {
    const from = Math.max(counted + 1, to - (windows[at] ?? to) + 1);
    spans.push({ from, to });
    to = from - 1;
  }
  return spans;
}

type Bucket = Readonly<{ bucket: number; days: number }>;

/**
 * As many buckets of an owner as have so many lines, the newest first. What of the first one is on
 * earlier pages is not known, so that one alone is never enough.
 */
async function bucketsFrom(
  database: Database,
  owner: AccountKey,
  first: number,
  lines: number,
): Promise<readonly Bucket[]> {
  const { rows } = await sql<Bucket>`
    select bucket, days from (
      select b.bucket, bit_or(b.days) as days,
        sum(sum(b.lines)) over (order by b.bucket desc rows between unbounded preceding
          and 1 preceding) as before,
        row_number() over (order by b.bucket desc) as place
      from io.account_buckets b
      where b.bucket <= ${first}
        and b.account_no in (select account_no from io.accounts where owner = ${owner})
      group by b.bucket order by b.bucket desc limit ${lines + 1}
    ) s
    where place <= 2 or before < ${lines} order by bucket desc`.execute(database);
  return rows;
}

/** Newest first. Days with little between them are one span: that costs less than an `or`. */
function joined(days: readonly Span[]): readonly Span[] {
  const spans: Span[] = [];
  for (const day of days.toSorted((a, b) => b.from - a.from)) {
    const last = spans.at(-1);
    if (last !== undefined && last.from - day.to <= gapEpochs) {
      spans[spans.length - 1] = { from: day.from, to: last.to };
    } else spans.push(day);
  }
  return spans;
}

/** The days of a bucket on which something moved. */
function daysOf({ bucket, days }: Bucket): readonly Span[] {
  return Array.from({ length: daysPerBucket }, (_, day) => day)
    .filter((day) => (days & (1 << day)) !== 0)
    .map((day) => {
      const from = bucket * epochsPerBucket + day * epochsPerDay + 1;
      return { from, to: from + epochsPerDay - 1 };
    });
}

type Look = Readonly<{ spans: readonly Span[]; place: Place | undefined; limit: number }>;

/**
 * Each account of the owner is looked up by itself, so that no more than a page of each is read. The
 * epochs stand in the query as numbers: partitions outside of them are not even planned.
 */
async function linesIn(
  database: Database,
  owner: AccountKey,
  { spans, place, limit }: Look,
): Promise<readonly Line[]> {
  if (spans.length === 0) return [];
  const within = sql.join(spans.map(isIn), sql` or `);
  const side = (own: 'debit' | 'credit') => {
    const isCredit = own === 'credit';
    return sql`(
      select t.epoch, t.at_s, t.transfer_id, t.cause, t.subject,
        ${sql.raw(isCredit ? 't.amount' : '-t.amount')} as amount,
        ${sql.lit(isCredit ? 1 : 0)} as side
      from io.transfers t
      where t.${sql.raw(own)} = o.account_no and (${within}) and ${isAfter(place, isCredit)}
      order by t.epoch desc, t.at_s desc, t.transfer_id desc limit ${limit})`;
  };
  const { rows } = await sql<Line>`
    select t.epoch, t.at_s as "atSeconds", t.cause, o.kind as account, o.asset, t.amount, t.subject,
      encode(t.transfer_id, 'hex') as "transferId", t.side
    from (select account_no, kind, asset from io.accounts where owner = ${owner}) o
    cross join lateral (${side('debit')} union all ${side('credit')}) t
    order by t.epoch desc, t.at_s desc, t.transfer_id desc, t.side desc
    limit ${limit}`.execute(database);
  return rows;
}

const isIn = ({ from, to }: Span): RawBuilder<unknown> =>
  sql`t.epoch between ${sql.lit(from)} and ${sql.lit(to)}`;

/** The debit of the transfer that a page ended with the credit of is still to come. */
function isAfter(place: Place | undefined, isCredit: boolean): RawBuilder<unknown> {
  if (place === undefined) return sql`true`;
  const { epoch, atSeconds, transferId, side } = place;
  const compare = sql.raw(!isCredit && side === 1 ? '<=' : '<');
  return sql`(t.epoch, t.at_s, t.transfer_id) ${compare}
    (${epoch}::integer, ${atSeconds}::integer, decode(${transferId}, 'hex'))`;
}

/** Without what only pages are made by. */
function lineOf({ epoch, atSeconds, cause, account, asset, amount, subject, transferId }: Line) {
  return { epoch, atSeconds, cause, account, asset, amount, subject, transferId };
}

const keyOf = ({ epoch, atSeconds, transferId, side }: Place): string =>
  [epoch, atSeconds, transferId, side].join('.');

const keyPattern = /^(?<epoch>\d{1,9})\.(?<at>\d{1,10})\.(?<id>[0-9a-f]{64})\.(?<side>[01])$/;

function placeOf(key: string): Place {
  const { epoch, at, id, side } = keyPattern.exec(key)?.groups ?? {};
  if (id === undefined || Number(at) >= 2 ** 31) throw new PageKeyError('no page ended there');
  return {
    epoch: Number(epoch),
    atSeconds: Number(at),
    transferId: id,
    side: side === '1' ? 1 : 0,
  };
}

/** Counts where transfers of closed days are, as far as nobody did. */
export function countAccountLines(database: Database): Promise<void> {
  return withStore(async () => {
    for (let counted = true; counted; ) {
      const { rows } = await sql<{ counted: boolean }>`
        select io.count_account_day() as counted`.execute(database);
      counted = rows[0]?.counted === true;
    }
  });
}
