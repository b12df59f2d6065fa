import { sql } from 'kysely';
import type { AccountKey } from '../../domain/ledger/types.ts';
import { classNumbers } from '../../domain/rewards/digest.ts';
import { explain, ineligibilities } from '../../domain/rewards/eligibility.ts';
import type { DeviceClass } from '../../domain/rewards/types.ts';
import type { RewardLine, UnrewardedDevices } from '../../domain/statements/types.ts';
import { parseRewardRules } from '../rewards/rules.ts';
import type { Database } from './database.ts';

type MemberRow = Readonly<{
  epoch: number;
  amount: bigint;
  classes: Buffer;
  ioPrice: bigint | null;
}>;
type ClassRow = DeviceClass & Readonly<{ score: bigint }>;
type ClassCount = Readonly<{ device: ClassRow | undefined; count: number }>;

/** What a supplier's devices earned in these epochs, and why some did not in the last one. */
export async function rewardsOfAccount(
  snapshot: Database,
  account: AccountKey,
  { from, to }: Readonly<{ from: number; to: number }>,
) {
  const { rows } = await sql<MemberRow>`
    select m.epoch, m.amount, m.classes, p.micro_usd as "ioPrice"
    from io.reward_members m
    left join io.prices p on p.epoch = m.epoch and p.asset = 'IO'
    where m.supplier = ${account} and m.epoch between ${from} and ${to}
    order by m.epoch`.execute(snapshot);
  const rewards: Omit<RewardLine, 'endSeconds'>[] = [];
  let last: Readonly<{ epoch: number; poor: readonly ClassCount[] }> | undefined;
  for (const [epoch, members] of Map.groupBy(rows, (row) => row.epoch)) {
    const classes = await classesOf(snapshot, epoch);
    const counts = countsOf(members);
    const amount = members.reduce((sum, member) => sum + member.amount, 0n);
    let [devices, eligible] = [0, 0];
    for (const [number, count] of counts) {
      devices += count;
      if ((classes[number]?.score ?? 0n) > 0n) eligible += count;
    }
    rewards.push({ epoch, devices, eligible, amount, ioPrice: members[0]?.ioPrice ?? undefined });
    const all = [...counts].map(([number, count]) => ({ device: classes[number], count }));
    last = { epoch, poor: all.filter(({ device }) => device?.score === 0n) };
  }
  const unrewarded = last === undefined ? [] : await unrewardedOf(snapshot, last.epoch, last.poor);
  return { rewards, unrewarded };
}

async function classesOf(snapshot: Database, epoch: number): Promise<readonly ClassRow[]> {
  const { rows } = await sql<ClassRow>`
    select model, sevenths, up_minutes as "upMinutes", flags, score
    from io.reward_classes where epoch = ${epoch} order by class_no`.execute(snapshot);
  return rows;
}

/** How many devices of the members are in each class. */
function countsOf(members: readonly MemberRow[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { classes } of members) {
    for (const number of classNumbers(classes)) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}

async function unrewardedOf(
  snapshot: Database,
  epoch: number,
  poor: readonly ClassCount[],
): Promise<readonly UnrewardedDevices[]> {
  const { rows } = await sql<{ content: string }>`
    select r.content from io.reward_epochs e join io.reward_rules r using (rules_hash)
    where e.epoch = ${epoch}`.execute(snapshot);
  const rules = parseRewardRules(rows[0]?.content ?? '', `epoch ${epoch}`);
  return poor.flatMap(({ device, count: devices }) => {
    if (device === undefined) return [];
    const reasons = ineligibilities(device, rules).map((each) => explain(each, device, rules));
    return [{ devices, model: device.model, reasons }];
  });
}
