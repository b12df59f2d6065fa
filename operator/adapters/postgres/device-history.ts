import { sql } from 'kysely';
import type { DeviceHistory, DeviceMetric, DeviceReward } from '../../ports/device-history.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

const maxMetrics = 1_000;

/** What is kept about one device, from the tables of evidence and of rewards. */
export function createDeviceHistory(database: Database): DeviceHistory {
  return {
    metrics: (member, device, fromSeconds) =>
      withStore(() => metricsOf(database, member, device, fromSeconds)),
    rewards: (member, device, epochs) =>
      withStore(() => rewardsOf(database, member, device, epochs)),
  };
}

type MetricRow = Readonly<{
  startSeconds: number;
  utilisation: number | null;
  power: number | null;
}>;

/** An hour in which two leases had the device, one after the other, is told as the longer one has it. */
async function metricsOf(
  database: Database,
  member: string,
  device: string,
  fromSeconds: number,
): Promise<readonly DeviceMetric[]> {
  const { rows } = await sql<MetricRow>`
    select distinct on (e.bucket_start_s) e.bucket_start_s as "startSeconds",
      e.util_avg_percent as utilisation, e.power_avg_watt as power
    from io.lease_devices d
    join io.leases l using (lease_no)
    join io.members m on m.member_no = l.member_no and m.name = ${member}
    join io.evidence e on e.lease_no = d.lease_no and e.slot = d.slot
      and e.bucket_start_s >= ${sql.lit(Math.floor(fromSeconds))}
    where d.device = ${device}
      and (l.ended_at_s is null or l.ended_at_s >= ${sql.lit(Math.floor(fromSeconds))})
    order by e.bucket_start_s, e.samples desc limit ${maxMetrics}`.execute(database);
  return rows.map(({ startSeconds, utilisation, power }) => ({
    startSeconds,
    utilisationPercent: utilisation ?? undefined,
    powerWatts: power ?? undefined,
  }));
}

/** The class of a device is four bytes at its place in the roster of its member. */
async function rewardsOf(
  database: Database,
  member: string,
  device: string,
  epochs: number,
): Promise<readonly DeviceReward[]> {
  const { rows } = await sql<DeviceReward>`
    select m.epoch, c.amount, c.score, c.flags
    from (select epoch from io.reward_epochs order by epoch desc limit ${epochs}) e
    join io.reward_members m on m.epoch = e.epoch and m.member = ${member}
    join io.reward_rosters r using (reward_roster_no)
    cross join lateral (select 4 * (array_position(r.devices, ${device}) - 1) as at) p
    join io.reward_classes c on c.epoch = m.epoch and c.class_no =
      (get_byte(m.classes, p.at) << 24) + (get_byte(m.classes, p.at + 1) << 16)
      + (get_byte(m.classes, p.at + 2) << 8) + get_byte(m.classes, p.at + 3)
    where p.at is not null
    order by m.epoch desc`.execute(database);
  return rows;
}
