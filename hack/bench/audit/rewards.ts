import { sql } from 'kysely';
import { createRewardLedger } from '../../../operator/adapters/postgres/reward-ledger.ts';
import { noPrice } from '../../../operator/adapters/prices/fixed-price.ts';
import type { Database } from '../../../operator/adapters/postgres/database.ts';
import { defaultRewardRules } from '../../../operator/domain/rewards/rules.ts';
import type { DeviceFacts } from '../../../operator/domain/rewards/types.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { genesisSeconds, withStore } from './store.ts';

const MEMBERS = 1_000;
const DEVICES_PER_MEMBER = 600;
const MINUTES = 300;
/** Epochs that are rewarded; the first one also writes down all rosters. */
const EPOCHS = 3;
const KIB = 1024;
const models = ['H100-80GB-HBM3', 'B200', 'GeForce-RTX-4090', 'L4', 'A10'];

/** How long it takes to find out who earns, and to pay them. */
export async function rewards(context: BenchContext): Promise<void> {
  const members = scaled(context, MEMBERS);
  await withStore(async (database) => {
    context.say(`${MINUTES} minutes of ${members} members with ${DEVICES_PER_MEMBER} devices each`);
    await beat(database, members);
    const ledger = createRewardLedger(database, { rules: defaultRewardRules, prices: noPrice });
    const facts = factsOf(members);
    const times: number[] = [];
    for (let epoch = 1; epoch <= EPOCHS; epoch += 1) {
      const now = genesisSeconds + epoch * 3_600 + 120;
      await sql`select io.close_epoch(${epoch}, ${now})`.execute(database);
      const start = performance.now();
      const report = await ledger.distribute(epoch, facts, now);
      times.push((performance.now() - start) / 1_000);
      context.say(
        `${report.eligible} of ${report.devices} devices earn, ${times.at(-1)?.toFixed(2)} s`,
      );
    }
    const bytes = await growthPerEpoch(database);
    context.figures.add({
      name: 'epoch_rewards_600k_s',
      value: Math.max(...times),
      unit: 's',
      n: facts.length,
      note:
        `uptime of ${MINUTES} minutes counted, devices classed, emission shared and posted to ` +
        `${members} suppliers; slowest of ${EPOCHS}; leaves ${Math.round(bytes / KIB)} KiB an epoch`,
    });
  });
}

async function beat(database: Database, members: number): Promise<void> {
  const end = genesisSeconds / 60 + 60 * EPOCHS;
  const start = end - MINUTES - 60 * EPOCHS;
  await sql`select io.ensure_partitions(${start * 60}, ${end * 60})`.execute(database);
  await sql`
    with m as (
      insert into io.members (name)
      select 'member-' || n from generate_series(1, ${members}::integer) n returning member_no
    )
    insert into io.rosters (member_no, roster_hash, devices, device_count, last_minute)
    select member_no, 'hash', (select array_agg('node-gpu-' || lpad(g::text, 3, '0') order by g)
      from generate_series(0, ${DEVICES_PER_MEMBER - 1}::integer) g), ${DEVICES_PER_MEMBER}, ${end}
    from m`.execute(database);
  // Of each eight devices one is down in one minute of fifty.
  const up = 'f'.repeat(DEVICES_PER_MEMBER / 4);
  await sql`insert into io.heartbeats (minute, member_no, roster_no, up)
    select minute, member_no, roster_no, decode(case when (minute + member_no) % 50 = 0
      then replace(${up}::text, 'ff', 'fe') else ${up}::text end, 'hex')
    from io.rosters, generate_series(${start}::integer, ${end - 1}::integer) minute
    order by minute, member_no`.execute(database);
  await sql.raw('vacuum analyze').execute(database);
}

function factsOf(members: number): readonly DeviceFacts[] {
  return Array.from({ length: members * DEVICES_PER_MEMBER }, (_, n) => ({
    member: `member-${1 + Math.floor(n / DEVICES_PER_MEMBER)}`,
    name: `node-gpu-${String(n % DEVICES_PER_MEMBER).padStart(3, '0')}`,
    model: models[n % models.length],
    verified: n % 97 > 0,
    staked: false,
    offered: n % 3 > 0,
    leased: n % 3 === 0,
    slashed: n % 997 === 0,
    supplier: `suppliers/s${Math.floor(n / DEVICES_PER_MEMBER) % 500}`,
  }));
}

async function growthPerEpoch(database: Database): Promise<number> {
  const { rows } = await sql<{ bytes: bigint }>`
    select sum(pg_total_relation_size(c.oid))::bigint as bytes
    from pg_class c where c.oid in ('io.reward_classes'::regclass, 'io.reward_members'::regclass)
  `.execute(database);
  return Number(rows[0]?.bytes ?? 0n) / EPOCHS;
}
