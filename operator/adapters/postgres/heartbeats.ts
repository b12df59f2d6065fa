import { sql } from 'kysely';
import type { HeartbeatReport } from '../../domain/metering/types.ts';
import type { HeartbeatResult } from '../../ports/usage-intake.ts';
import type { Database } from './database.ts';
import { lockMember } from './members.ts';

/** `last_minute` of a roster is exact to a day, so that heartbeats do not write it each time. */
const rosterDayMinutes = 1_440;

/**
 * Stores a minute of a member, in one statement when the roster is known. The same minute twice is
 * up where it was up in either; of two rosters in one minute the newer one stays.
 */
export async function storeHeartbeat(
  database: Database,
  member: string,
  { minute, rosterHash, roster, up }: HeartbeatReport,
): Promise<HeartbeatResult> {
  if (roster !== undefined && !(await storeRoster(database, member, rosterHash, roster, minute))) {
    return 'RosterMismatch';
  }
  const bits = Buffer.from(up, 'base64');
  const last = bits.at(-1) ?? 0;
  const down = numbersOfDown(bits);
  const { rows } = await sql<{ fits: boolean }>`
    with known as materialized (
      select r.roster_no, r.member_no, r.last_minute,
        length(r.all_up) = ${bits.length}
          and (r.device_count % 8 = 0 or ${last}::integer >> (r.device_count % 8) = 0) as fits,
        ${down.length}::integer - 2 * (8 * length(r.all_up) - r.device_count) as down_length
      from io.rosters r join io.members m using (member_no)
      where m.name = ${member} and r.roster_hash = ${rosterHash}
    ), used as (
      update io.rosters r set last_minute = ${minute}::integer from known
      where r.roster_no = known.roster_no and known.fits
        and known.last_minute < ${minute}::integer - ${rosterDayMinutes}::integer
    ), stored as (
      insert into io.heartbeats as h (minute, member_no, roster_no, up)
      select ${minute}::integer, member_no, roster_no, case when down_length < ${bits.length}
        then substr(${down}::bytea, 1, down_length) else ${bits}::bytea end
      from known where fits
      on conflict (minute, member_no) do update
      set roster_no = excluded.roster_no,
        up = case when excluded.roster_no > h.roster_no then excluded.up else (
          select io.bytes_or(io.expand_up(h.up, r.all_up), io.expand_up(excluded.up, r.all_up))
          from io.rosters r where r.roster_no = h.roster_no) end
      where excluded.roster_no > h.roster_no
        or (excluded.roster_no = h.roster_no and excluded.up <> h.up)
    )
    select fits from known`.execute(database);
  const [known] = rows;
  if (known === undefined) return 'RosterUnknown';
  return known.fits ? 'Stored' : 'RosterMismatch';
}

/** Two bytes with the number of each bit that is 0, those past the last device among them. */
function numbersOfDown(bits: Buffer): Buffer {
  const down: number[] = [];
  for (const [at, byte] of bits.entries()) {
    if (byte === 0xff) continue;
    for (let bit = 0; bit < 8; bit += 1) {
      if ((byte & (1 << bit)) === 0) down.push(at * 8 + bit);
    }
  }
  return Buffer.from(down.flatMap((n) => [n >> 8, n & 0xff]));
}

/** Returns false when another roster is known under this hash. */
async function storeRoster(
  database: Database,
  member: string,
  hash: string,
  devices: readonly string[],
  minute: number,
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    const { member_no: memberNo } = await lockMember(transaction, member);
    const { rows } = await sql<{ same: boolean }>`
      select devices = ${devices}::text[] as same from io.rosters
      where member_no = ${memberNo} and roster_hash = ${hash}`.execute(transaction);
    const [known] = rows;
    if (known !== undefined) return known.same;
    await sql`
      insert into io.rosters (member_no, roster_hash, devices, device_count, last_minute)
      values (${memberNo}, ${hash}, ${devices}::text[], ${devices.length}, ${minute})`.execute(
      transaction,
    );
    return true;
  });
}
