import { sql } from 'kysely';
import { upMinutes } from '../../domain/rewards/uptime.ts';
import type { Database } from './database.ts';

/** Minutes in which each device of each member was up: member, then device. */
export type Uptime = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Members whose heartbeats are read at once: some 5 MB of bits for 600 devices each. */
const membersAtOnce = 100;

type BitsRow = { name: string; roster_no: number; up: Buffer };

/** Counts the heartbeats of minutes `from` (inclusive) to `until` (exclusive). */
export async function uptimeBetween(
  database: Database,
  from: number,
  until: number,
): Promise<Uptime> {
  const { rows: bounds } = await sql<{ last: number | null }>`
    select max(member_no) as last from io.members`.execute(database);
  const last = bounds[0]?.last ?? 0;
  const uptime = new Map<string, Map<string, number>>();
  for (let after = 0; after < last; after += membersAtOnce) {
    const { rows } = await sql<BitsRow>`
      select m.name, h.roster_no, h.up
      from (
        select member_no, roster_no, string_agg(up, ''::bytea) as up
        from io.heartbeat_bits
        where minute >= ${from} and minute < ${until}
          and member_no > ${after} and member_no <= ${after + membersAtOnce}
        group by member_no, roster_no
      ) h join io.members m using (member_no)`.execute(database);
    const rosters = await rostersOf(
      database,
      rows.map(({ roster_no }) => roster_no),
    );
    for (const { name, roster_no, up } of rows) {
      const devices = rosters.get(roster_no) ?? [];
      const minutes = upMinutes(up, devices.length);
      const known = uptime.get(name) ?? new Map<string, number>();
      uptime.set(name, known);
      devices.forEach((device, at) => {
        known.set(device, (known.get(device) ?? 0) + (minutes[at] ?? 0));
      });
    }
  }
  return uptime;
}

async function rostersOf(
  database: Database,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { rows } = await sql<{ roster_no: number; devices: string[] }>`
    select roster_no, devices from io.rosters where roster_no = any(${[...numbers]}::integer[])
  `.execute(database);
  return new Map(rows.map(({ roster_no, devices }) => [roster_no, devices]));
}
