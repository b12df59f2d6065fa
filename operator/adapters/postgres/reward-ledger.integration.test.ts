import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { epochEnd } from '../../domain/epoch.ts';
import { hourlyEmission } from '../../domain/emission/schedule.ts';
import { defaultRewardRules } from '../../domain/rewards/rules.ts';
import type { DeviceFacts, RewardRules } from '../../domain/rewards/types.ts';
import { type TestDatabase, testDatabase, testGenesisSeconds } from '../../testing/postgres.ts';
import { fixedPrice, noPrice } from '../prices/fixed-price.ts';
import type { Database } from './database.ts';
import { createRewardLedger } from './reward-ledger.ts';

const rules = defaultRewardRules;
const ended = (epoch: number): number => epochEnd(epoch, testGenesisSeconds);

const facts = (member: string, index: number, patch: Partial<DeviceFacts> = {}): DeviceFacts => ({
  member,
  name: `n-gpu-${index}`,
  model: 'H100-80GB-HBM3',
  verified: true,
  staked: false,
  offered: true,
  leased: false,
  slashed: false,
  supplier: `io-${member}/${member}`,
  ...patch,
});

const devices = [
  facts('paris', 0),
  facts('paris', 1, { leased: true }),
  facts('oslo', 0, { model: 'L4' }),
  facts('oslo', 1, { verified: false }),
  facts('lima', 0),
];

/** Five hours in which every device of a member was up, but for device 0 of lima in the last half. */
async function beat(database: Database, epoch: number): Promise<void> {
  const until = ended(epoch) / 60;
  await sql`select io.ensure_partitions(${ended(epoch) - 18_000}, ${ended(epoch)})`.execute(
    database,
  );
  for (const member of ['paris', 'oslo', 'lima']) {
    const { rows } = await sql<{ roster_no: number; member_no: number }>`
      with m as (
        insert into io.members (name) values (${member})
        on conflict (name) do update set name = excluded.name returning member_no
      )
      insert into io.rosters (member_no, roster_hash, devices, device_count, last_minute)
      select member_no, 'hash', ${['n-gpu-0', 'n-gpu-1']}::text[], 2, ${until} from m
      on conflict (member_no, roster_hash) do update set last_minute = excluded.last_minute
      returning roster_no, member_no`.execute(database);
    const [row] = rows;
    const bits = (minute: number): number => (member === 'lima' && minute >= until - 150 ? 2 : 3);
    const minutes = Array.from({ length: 300 }, (_, at) => until - 300 + at);
    await sql`insert into io.heartbeats (minute, member_no, roster_no, up)
      select m, ${row?.member_no}::integer, ${row?.roster_no}::integer, b
      from unnest(${minutes}::integer[],
        ${minutes.map((minute) => Buffer.of(bits(minute)))}::bytea[]) as t (m, b)
      on conflict do nothing`.execute(database);
  }
}

async function close(database: Database, epoch: number): Promise<void> {
  await sql`select io.close_epoch(${epoch}, ${ended(epoch) + 120})`.execute(database);
}

async function balances(database: Database): Promise<Readonly<Record<string, bigint>>> {
  const { rows } = await sql<{ name: string; balance: bigint }>`
    select trim(kind || ' ' || owner) as name, balance from io.accounts
    where asset = 'IO' and balance <> 0 order by 1`.execute(database);
  return Object.fromEntries(rows.map(({ name, balance }) => [name, balance]));
}

describe('one epoch', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase();
    await beat(database.owner, 1);
  });

  afterAll(() => database.close());

  const ledger = (connection = database.writer, given: RewardRules = rules) =>
    createRewardLedger(connection, { rules: given, prices: fixedPrice(250_000n) });

  test('is not rewarded before it is closed', async () => {
    await expect(ledger().distribute(1, devices, ended(1))).rejects.toThrow('it is not closed');
    expect(await ledger().lastDistributed()).toBe(0);
  });

  test('is rewarded once, whoever asks and however often', async () => {
    await close(database.owner, 1);
    const two = [ledger(), ledger(database.connect(database.writerUrl)), ledger()];
    const reports = await Promise.all(
      two.map((each) => each.distribute(1, devices, ended(1) + 130)),
    );
    expect(reports.filter(({ distributed }) => distributed)).toHaveLength(1);
    expect(new Set(reports.map(({ digest }) => digest)).size).toBe(1);
    const again = await ledger().distribute(1, [], ended(1) + 999);
    expect(again).toEqual({ ...reports[0], distributed: false });
    expect(await ledger().lastDistributed()).toBe(1);
  });

  test('its emission is shared by pool and score', async () => {
    const emitted = hourlyEmission(1);
    const enterprise = (emitted * 95n) / 100n;
    const paris = (enterprise * 100n) / 210n + (enterprise * 110n) / 210n;
    const oslo = (emitted * 5n) / 100n;
    expect(await balances(database.owner)).toEqual({
      emission: -emitted,
      'rewards:pool': emitted - paris - oslo,
      'supplier:rewards io-oslo/oslo': oslo,
      'supplier:rewards io-paris/paris': paris,
    });
  });

  test('each device has its reasons', async () => {
    const { rows } = await sql`
      select member, device, model, multiplier_milli, up_minutes, flags, score > 0 as eligible
      from io.device_rewards where epoch = 1 order by member, device`.execute(database.reader);
    const h100 = { model: 'H100-80GB-HBM3', multiplier_milli: 10_000 };
    const zero = { device: 'n-gpu-0', up_minutes: 300, flags: 101, eligible: true };
    expect(rows).toEqual([
      { member: 'lima', ...h100, ...zero, up_minutes: 150, flags: 69, eligible: false },
      { member: 'oslo', ...zero, model: 'L4', multiplier_milli: 250 },
      { member: 'oslo', ...h100, ...zero, device: 'n-gpu-1', flags: 100, eligible: false },
      { member: 'paris', ...h100, ...zero },
      { member: 'paris', ...h100, ...zero, device: 'n-gpu-1', flags: 109 },
    ]);
  });

  test('the price it was received at is kept', async () => {
    const { rows } = await sql`select * from io.prices`.execute(database.reader);
    expect(rows).toEqual([{ epoch: 1, asset: 'IO', micro_usd: 250_000n, source: 'fixed' }]);
  });

  test('the next one is the only one that may follow', async () => {
    await close(database.owner, 2);
    await close(database.owner, 3);
    await expect(ledger().distribute(3, [], ended(3))).rejects.toThrow('2 is the next one');
    const report = await ledger().distribute(2, [], ended(3));
    const emitted = hourlyEmission(2);
    expect(report).toMatchObject({ distributed: true, emitted, undistributed: emitted });
  });

  test('a policy that needs a price waits for one', async () => {
    const target: RewardRules = {
      ...rules,
      emission: { kind: 'usd-target', microUsdPerEpoch: 250_000_000n },
    };
    const poor = createRewardLedger(database.writer, { rules: target, prices: noPrice });
    await expect(poor.distribute(3, devices, ended(3))).rejects.toThrow('needs a price of IO');
    const report = await ledger(database.writer, target).distribute(3, [], ended(3));
    expect(report.emitted).toBe(100_000_000_000n);
  });

  test('nobody changes what was written', async () => {
    for (const table of ['prices', 'reward_epochs', 'reward_classes', 'reward_members']) {
      const remove = sql`delete from ${sql.table(`io.${table}`)}`;
      await expect(remove.execute(database.owner)).rejects.toThrow('is refused');
      await expect(remove.execute(database.writer)).rejects.toThrow('permission denied');
      await expect(remove.execute(database.reader)).rejects.toThrow('permission denied');
    }
  });
});

test('too many devices are refused', async () => {
  const database = await testDatabase();
  const ledger = createRewardLedger(database.writer, { rules, prices: noPrice });
  const many = Array.from({ length: 1_000_001 }, () => facts('paris', 0));
  await expect(ledger.distribute(1, many, ended(1))).rejects.toThrow('more than 1000000');
  await database.close();
});
