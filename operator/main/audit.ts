import { audit } from '../adapters/audit/audit.ts';
import { writeBundle } from '../adapters/audit/bundle.ts';
import { auditText } from '../adapters/audit/text.ts';
import { exportTables } from '../adapters/postgres/audit-export.ts';
import { createAuditSource } from '../adapters/postgres/audit-reader.ts';
import type { AuditConfig } from '../config.ts';
import { version } from '../version.ts';
import { requiredDatabaseUrl, withDatabase } from './database.ts';

/**
 * `io-operator audit`: computes epochs again and says what differs; with `--out` everything that an
 * outsider needs to do the same is written to a folder. Returns 1 when there is a difference.
 */
export async function runAudit(config: AuditConfig): Promise<number> {
  const { from, to, out } = config;
  const result = await withDatabase(config, (database) =>
    audit(createAuditSource(database), from, to),
  );
  process.stdout.write(auditText(result));
  const lastClosed = result.epochs.findLast(({ closed }) => closed)?.epoch;
  if (out !== undefined && lastClosed !== undefined) {
    const url = requiredDatabaseUrl(config);
    const span = { from, to: lastClosed };
    const files = await writeBundle(out, { version, ...span }, (sink) =>
      exportTables(url, span, sink),
    );
    process.stdout.write(`${files} files written to ${out}\n`);
  }
  return result.differences === 0 ? 0 : 1;
}
