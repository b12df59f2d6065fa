import { sql } from 'kysely';
import { emissionOf } from '../../domain/emission/policy.ts';
import { epochEnd } from '../../domain/epoch.ts';
import { classify } from '../../domain/rewards/classify.ts';
import { canonicalRules } from '../../domain/rewards/rules.ts';
import { amountOf, share, supplierAmounts } from '../../domain/rewards/share.ts';
import { rewardTransfers } from '../../domain/rewards/transfers.ts';
import type { DeviceFacts, RewardRules } from '../../domain/rewards/types.ts';
import type { PriceQuote, PriceSource } from '../../ports/price-source.ts';
import {
  maxRewardedDevices,
  type RewardLedger,
  type RewardReport,
} from '../../ports/reward-ledger.ts';
import { sha256 } from '../../runtime/sha256.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';
import { post } from './journal.ts';
import { genesisSeconds } from './migrate.ts';
import { rewardDigest, rewardedMember, storedReport, storeRewards } from './reward-store.ts';
import { uptimeBetween } from './reward-uptime.ts';

export type RewardLedgerOptions = Readonly<{ rules: RewardRules; prices: PriceSource }>;

/** Held by who distributes; a number that no other lock has. */
const rewardLock = 7_310_868_735_423n;
const secondsPerMinute = 60;

/** Block rewards on PostgreSQL. */
export function createRewardLedger(
  database: Database,
  { rules, prices }: RewardLedgerOptions,
): RewardLedger {
  return {
    lastDistributed: () => withStore(() => lastDistributed(database)),
    distribute: async (epoch, facts, nowSeconds) => {
      if (facts.length > maxRewardedDevices) {
        throw new RangeError(`${facts.length} devices are more than ${maxRewardedDevices}`);
      }
      const genesis = await withStore(() => genesisSeconds(database));
      const endSeconds = epochEnd(epoch, genesis);
      const quote = await prices.ioPrice(endSeconds);
      const job = { epoch, facts, endSeconds, nowSeconds, quote, rules };
      return withStore(() => database.transaction().execute((tx) => distribute(tx, job)));
    },
  };
}

type Job = Readonly<{
  epoch: number;
  facts: readonly DeviceFacts[];
  endSeconds: number;
  nowSeconds: number;
  quote: PriceQuote | undefined;
  rules: RewardRules;
}>;

async function distribute(tx: Database, job: Job): Promise<RewardReport> {
  const { epoch, facts, rules, nowSeconds } = job;
  await sql`select pg_advisory_xact_lock(${rewardLock})`.execute(tx);
  const before = await storedReport(tx, epoch);
  if (before !== undefined) return before;
  await refuseWrongOrder(tx, epoch);
  const ioPrice = await keepPrice(tx, epoch, job.quote);
  const emitted = emissionOf(rules.emission, epoch, ioPrice, await emittedBefore(tx));
  if (emitted === undefined) throw new Error(`epoch ${epoch} needs a price of IO to be rewarded`);
  const endMinute = job.endSeconds / secondsPerMinute;
  const uptime = await uptimeBetween(tx, endMinute - rules.uptimeWindowMinutes, endMinute);
  const classified = classify(
    facts,
    ({ member, name }) => uptime.get(member)?.get(name) ?? 0,
    rules,
  );
  const { classes, ...totals } = share(emitted, classified.classes, rules);
  const members = classified.members.map((each) => rewardedMember(each, amountOf(each, classes)));
  const text = canonicalRules(rules);
  const header = { epoch, rulesHash: sha256(text), ioPrice, emitted, ...totals };
  const digest = rewardDigest(header, classes, members);
  const posting = { epoch: await beginPosting(tx), nowSeconds };
  await storeRewards(tx, header, text, digest, posting, classes, members);
  const transfers = rewardTransfers(posting.epoch, epoch, emitted, supplierAmounts(members));
  await post(tx, transfers, nowSeconds);
  return { epoch, distributed: true, emitted, ...totals, digest };
}

/** Joins those who post until the commit. Returns the epoch that is to be closed next. */
async function beginPosting(tx: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select io.begin_posting() as epoch`.execute(tx);
  return rows[0]?.epoch ?? 0;
}

async function lastDistributed(database: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number | null }>`
    select max(epoch) as epoch from io.reward_epochs`.execute(database);
  return rows[0]?.epoch ?? 0;
}

async function refuseWrongOrder(tx: Database, epoch: number): Promise<void> {
  const last = await lastDistributed(tx);
  if (last !== 0 && epoch !== last + 1) {
    throw new Error(`epoch ${epoch} cannot be rewarded: ${last + 1} is the next one`);
  }
  const { rows } = await sql`select from io.epochs where epoch = ${epoch}`.execute(tx);
  if (rows.length === 0) throw new Error(`epoch ${epoch} cannot be rewarded: it is not closed`);
}

/** The price that counts for an epoch; the first one that was written down stays. */
async function keepPrice(
  tx: Database,
  epoch: number,
  quote: PriceQuote | undefined,
): Promise<bigint | undefined> {
  if (quote !== undefined) {
    await sql`insert into io.prices (epoch, asset, micro_usd, source)
      values (${epoch}, 'IO', ${quote.microUsd}, ${quote.source})
      on conflict do nothing`.execute(tx);
  }
  const { rows } = await sql<{ micro_usd: bigint }>`
    select micro_usd from io.prices where epoch = ${epoch} and asset = 'IO'`.execute(tx);
  return rows[0]?.micro_usd;
}

async function emittedBefore(tx: Database): Promise<bigint> {
  const { rows } = await sql<{ emitted: bigint }>`
    select coalesce(sum(emitted), 0)::bigint as emitted from io.reward_epochs`.execute(tx);
  return rows[0]?.emitted ?? 0n;
}
