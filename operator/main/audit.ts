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
 * outsider needs to do the same is written to a folder. Returns 1 when there is a difference, or no
 * closed epoch to write.
 */
export async function runAudit(config: AuditConfig): Promise<number> {
  const { from, to, out } = config;
  const result = await withDatabase(config, (database) =>
    audit(createAuditSource(database), from, to),
  );
  process.stdout.write(auditText(result));
  const lastClosed = result.epochs.findLast(({ closed }) => closed)?.epoch;
  const written = out === undefined || (await writeTo(out, config, lastClosed));
  return result.differences === 0 && written ? 0 : 1;
}

/** Writes the bundle of closed epochs; whether there was one to write. */
async function writeTo(
  out: string,
  config: AuditConfig,
  lastClosed: number | undefined,
): Promise<boolean> {
  if (lastClosed === undefined) {
    const text = 'no bundle was written: it holds closed epochs, and none of these is closed yet';
    process.stdout.write(`${text}\n`);
    return false;
  }
  const span = { from: config.from, to: lastClosed };
  const files = await writeBundle(out, { version, ...span }, (sink) =>
    exportTables(requiredDatabaseUrl(config), span, sink),
  );
  process.stdout.write(`${files} files of epochs ${span.from} to ${span.to} written to ${out}\n`);
  return true;
}
