import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sql } from 'kysely';
import { type AuditConfig, readConfig, type StatementConfig } from '../config.ts';
import { writeHistory } from '../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import { runAudit } from './audit.ts';
import { runStatement } from './statement.ts';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'io-cli-'));
  writeFileSync(join(directory, 'reader'), database.readerUrl);
  await writeHistory(database.writer, 3, 21);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.close();
});

/** Runs `work` and returns what it came to and the lines that it printed. */
async function printed<T>(work: () => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const result = await work();
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
    return { result, lines: text.trimEnd().split('\n') };
  } finally {
    write.mockRestore();
  }
}

const config = (command: string, ...flags: string[]) =>
  readConfig([command, `--database-url-file=${join(directory, 'reader')}`, ...flags], {});
const audited = (...flags: string[]) =>
  printed(() => runAudit(config('audit', ...flags) as AuditConfig));
const stated = (...flags: string[]) =>
  printed(() => runStatement(config('statement', ...flags) as StatementConfig));

const computedAgain = 'charges, transfers, balances, rewards and digests computed again';

test('an audit says that all is well, and writes a bundle', async () => {
  const out = join(directory, 'bundle');
  const { result, lines } = await audited(`--out=${out}`);
  expect(result).toBe(0);
  expect(lines).toHaveLength(7);
  expect(lines[1]).toMatch(/^ +1 {2}2026-11-01T00:00:00Z .* 4566\.21004566 {2}ok$/);
  expect(lines[4]).toMatch(/ok, still open$/);
  expect(lines.slice(5)).toEqual([
    `epochs 1 to 4: ${computedAgain}, no differences`,
    `24 files of epochs 1 to 3 written to ${out}`,
  ]);
  expect(existsSync(join(out, 'manifest.json'))).toBe(true);
});

test('where no epoch is closed yet a bundle is refused, not left out', async () => {
  const fresh = await testDatabase();
  const out = join(directory, 'nothing');
  writeFileSync(join(directory, 'fresh'), fresh.readerUrl);
  const flags = [`--database-url-file=${join(directory, 'fresh')}`, `--out=${out}`];
  const { result, lines } = await printed(() =>
    runAudit(readConfig(['audit', ...flags], {}) as AuditConfig),
  );
  expect(result).toBe(1);
  expect(lines.at(-1)).toBe(
    'no bundle was written: it holds closed epochs, and none of these is closed yet',
  );
  expect(existsSync(out)).toBe(false);
  await fresh.close();
});

test('an epoch that is not closed is refused', async () => {
  await expect(audited('--to=4')).rejects.toThrow('epoch 4 is not closed: 3 is the last one');
  await expect(audited('--from=3', '--to=2')).rejects.toThrow('there is no epoch from 3 to 2');
});

test('an audit names what a superuser changed, and ends with 1', async () => {
  await sql`
    set session_replication_role = replica;
    update io.charges set total_sum = total_sum + 1
      where (epoch, lease_no) in (select epoch, lease_no from io.charges where epoch = 2 limit 1);
    set session_replication_role = origin`.execute(database.owner);
  const { result, lines } = await audited();
  expect(result).toBe(1);
  expect(lines.at(-1)).toBe(`epochs 1 to 4: ${computedAgain}, 1 difference`);
  expect(lines.at(-4)).toMatch(/^epoch 2, io\.charges, lease lease-\d+$/);
  expect(lines.at(-3)).toMatch(/^ {2}stored {3}C\|2\|/);
});

test.each([
  ['text', 'Statement of team-a/rich for 2026-11'],
  ['csv', 'side,epoch,start'],
  ['focus', 'AvailabilityZone,BilledCost'],
  ['html', '<!doctype html>'],
])('a statement as %s', async (format, begin) => {
  const { lines } = await stated('--account=team-a/rich', '--month=2026-11', `--format=${format}`);
  expect(lines[0]?.startsWith(begin)).toBe(true);
});
