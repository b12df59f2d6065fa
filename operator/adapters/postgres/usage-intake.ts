import type { UsageReport } from '../../domain/metering/types.ts';
import type { IntakeReceipt, UsageIntake } from '../../ports/usage-intake.ts';
import type { Database } from './database.ts';
import { keepLetters } from './dead-letters.ts';
import { withStore } from './errors.ts';
import { storeHeartbeat } from './heartbeats.ts';
import { beginPosting, lockMember, noteReceived, standingOf, startSpool } from './members.ts';
import { withPartitions } from './partitions.ts';
import { takeChanges } from './usage-changes.ts';

/** Usage in PostgreSQL: what was refused lies in io.dead_letters, in the same transaction. */
export function createUsageIntake(database: Database): UsageIntake {
  const stored = <T>(work: () => Promise<T>): Promise<T> =>
    withStore(() => withPartitions(database, work));
  return {
    report: (...report) => stored(() => storeReport(database, ...report)),
    heartbeat: (member, report) => stored(() => storeHeartbeat(database, member, report)),
  };
}

async function storeReport(
  database: Database,
  name: string,
  report: UsageReport,
  receivedAtMs: number,
): Promise<IntakeReceipt> {
  const { changes, spoolId } = report;
  const nothing = { accepted: 0, duplicate: 0, rejected: [] };
  if (changes.length === 0 && (await noteReceived(database, name, report, receivedAtMs))) {
    return nothing;
  }
  return database.transaction().execute(async (transaction) => {
    await beginPosting(transaction);
    const member = await lockMember(transaction, name);
    const standing = standingOf(member, spoolId);
    if (standing === 'new') await startSpool(transaction, member, spoolId);
    const arrival = { receivedAtMs, currentSpool: standing !== 'former' };
    const receipt =
      changes.length === 0 ? nothing : await takeChanges(transaction, member, changes, arrival);
    await keepLetters(transaction, member, receipt.rejected, receivedAtMs);
    if (standing !== 'former') await noteReceived(transaction, name, report, receivedAtMs);
    return receipt;
  });
}
