import { sql } from 'kysely';
import type { StoredMemberReward, StoredRewards } from '../../domain/audit/types.ts';
import { classNumbers } from '../../domain/rewards/digest.ts';
import type { RewardedClass } from '../../domain/rewards/types.ts';
import { parseRewardRules } from '../rewards/rules.ts';
import { transferLine } from './audit-lines.ts';
import type { Database } from './database.ts';

type EpochRow = Readonly<{
  epoch: number;
  rules_hash: string;
  content: string;
  posted_epoch: number;
  emitted: bigint;
  undistributed: bigint;
  devices: number;
  eligible: number;
  digest: string;
  io_price: bigint | null;
  emitted_before: bigint;
}>;

/** Rewards of epochs `from` to `to`, and those whose transfers are in them. */
export async function* rewardsBetween(
  snapshot: Database,
  from: number,
  to: number,
): AsyncGenerator<StoredRewards> {
  const { rows } = await sql<EpochRow>`
    select e.epoch, encode(e.rules_hash, 'hex') as rules_hash, r.content, e.posted_epoch, e.emitted,
      e.undistributed, e.devices, e.eligible, encode(e.digest, 'hex') as digest,
      p.micro_usd as io_price, coalesce((
        select sum(b.emitted) from io.reward_epochs b where b.epoch < e.epoch), 0)::bigint
        as emitted_before
    from io.reward_epochs e
    join io.reward_rules r using (rules_hash)
    left join io.prices p on p.epoch = e.epoch and p.asset = 'IO'
    where e.epoch between ${from} and ${to} or e.posted_epoch between ${from} and ${to}
    order by e.epoch`.execute(snapshot);
  for (const row of rows) {
    const { epoch, emitted, undistributed, devices, eligible, digest } = row;
    const { rules_hash: rulesHash, content, posted_epoch: postedEpoch } = row;
    const ioPrice = row.io_price ?? undefined;
    yield {
      header: { epoch, rulesHash, ioPrice, emitted, undistributed, devices, eligible },
      rules: parseRewardRules(content, `epoch ${epoch}`),
      postedEpoch,
      digest,
      emittedBefore: row.emitted_before,
      classes: await classesOf(snapshot, epoch),
      members: await membersOf(snapshot, epoch),
    };
  }
}

async function classesOf(snapshot: Database, epoch: number): Promise<readonly RewardedClass[]> {
  const { rows } = await sql<RewardedClass>`
    select model, sevenths, up_minutes as "upMinutes", flags, multiplier_milli as "multiplierMilli",
      devices, score, amount
    from io.reward_classes where epoch = ${epoch} order by class_no`.execute(snapshot);
  return rows;
}

type MemberRow = Omit<StoredMemberReward, 'classes'> & Readonly<{ classes: Buffer }>;

async function membersOf(
  snapshot: Database,
  epoch: number,
): Promise<readonly StoredMemberReward[]> {
  const { rows } = await sql<MemberRow>`
    select m.member, m.supplier, encode(r.roster_hash, 'hex') as "rosterHash", m.amount, r.devices,
      m.classes
    from io.reward_members m join io.reward_rosters r using (reward_roster_no)
    where m.epoch = ${epoch}
    order by m.member || ' ' || m.supplier collate "C"`.execute(snapshot);
  return rows.map((row) => ({ ...row, classes: classNumbers(row.classes) }));
}

/** Lines of the transfers of rewards in an epoch. */
export async function rewardTransferLines(
  snapshot: Database,
  postedEpoch: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select ${transferLine} as line
    from io.transfers t
    join io.accounts d on d.account_no = t.debit
    join io.accounts c on c.account_no = t.credit
    where t.epoch = ${postedEpoch} and t.cause in ('Emission', 'Reward')
    order by t.transfer_id`.execute(snapshot);
  return rows.map(({ line }) => line);
}
