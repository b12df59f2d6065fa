import { sql } from 'kysely';
import type { MemberLedger } from '../../ports/member-ledger.ts';
import type { Database } from './database.ts';
import { withStore } from './errors.ts';

/** Members that leave, on PostgreSQL: functions of migration 0009. */
export function createMemberLedger(database: Database): MemberLedger {
  return {
    unsettled: (member) =>
      withStore(async () => {
        const { rows } = await sql<{ leases: number }>`
          select io.unsettled_leases(${member}) as leases`.execute(database);
        return rows[0]?.leases ?? 0;
      }),
    remove: (member, nowSeconds) =>
      withStore(async () => {
        const { rows } = await sql<{ leases: number }>`
          select io.remove_member(${member}, ${nowSeconds}) as leases`.execute(database);
        return rows[0]?.leases ?? 0;
      }),
  };
}
