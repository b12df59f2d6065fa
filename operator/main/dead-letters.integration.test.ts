import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createUsageIntake } from '../adapters/postgres/usage-intake.ts';
import { ConfigError, type DeadLettersConfig, type MigrateConfig, readConfig } from '../config.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import { change, intervalsOf, openedAt, usageReport, writeLease } from '../testing/usage.ts';
import { runDeadLetters } from './dead-letters.ts';
import { runMigrate } from './migrate.ts';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await testDatabase({ migrated: false });
  directory = mkdtempSync(join(tmpdir(), 'io-cli-'));
  writeFileSync(join(directory, 'owner'), database.ownerUrl);
  writeFileSync(join(directory, 'writer'), `${database.writerUrl}\n`);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.close();
});

/** Runs `work` and returns the lines that it printed. */
async function printed(work: () => Promise<void>): Promise<readonly string[]> {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await work();
    return write.mock.calls.map(([text]) => String(text).trimEnd());
  } finally {
    write.mockRestore();
  }
}

const migrated = (...flags: string[]) =>
  printed(() => runMigrate(read('migrate', 'owner', flags) as MigrateConfig));
const deadLetters = (...flags: string[]) =>
  printed(() => runDeadLetters(read('dead-letters', 'writer', flags) as DeadLettersConfig));
const read = (command: string, login: string, flags: readonly string[]) =>
  readConfig([command, `--database-url-file=${join(directory, login)}`, ...flags], {});

test('a database is migrated, letters are listed, mended and discarded', async () => {
  const genesis = '--genesis=2026-11-01T00:00:00Z';
  const began = 'the database is up to date; epoch 1 began at 2026-11-01T00:00:00.000Z';
  expect(await migrated(genesis)).toContain(began);
  expect(await migrated()).toEqual([began]);
  await expect(migrated('--genesis=2026-11-01T01:00:00Z')).rejects.toThrow('cannot be changed');

  await writeLease(database.writer, 'a', 'lease-1');
  const spans = [
    { lease: 'lease-1', start: 20, end: 20 },
    { lease: 'lease-2', start: 1 },
    { lease: 'lease-3', start: 1 },
  ];
  const report = usageReport(1, 300, spans.map(change));
  await createUsageIntake(database.writer).report('a', report, (openedAt + 600) * 1000);
  const [header, ...rows] = await deadLetters();
  expect(header).toMatch(/^LETTER {4}RECEIVED {14}MEMBER/);
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/^1 {9}2026-11-01T00:10:00Z {2}a .* EmptyInterval .*\{"kind":"Closed"/);

  const fixed = JSON.stringify(change({ lease: 'lease-1', start: 20, end: 25 }));
  expect(await deadLetters('--action=replay', '--letter=1', `--change=${fixed}`)).toEqual([
    'letter 1: taken in',
  ]);
  expect(await intervalsOf(database.reader, 'lease-1')).toEqual(['0 1 20-25 NotReady']);
  expect(await deadLetters('--action=replay', '--member=a')).toEqual([
    'letter 2: refused again, LeaseUnknown: there is no lease lease-2',
    'letter 3: refused again, LeaseUnknown: there is no lease lease-3',
  ]);
  expect(await deadLetters('--action=discard', '--letter=2', '--reason=a test')).toEqual([
    'letter 2: discarded',
  ]);
  expect(await deadLetters('--action=discard', '--letter=2', '--reason=a test')).toEqual([
    'letter 2: there is none that waits',
  ]);
  expect(await deadLetters('--member=a')).toHaveLength(2);
  expect(await deadLetters('--member=b')).toHaveLength(1);
});

test.each([
  [['--action=replay'], 'needs --letter, or --member'],
  [['--action=discard', '--letter=1'], 'needs --reason'],
  [['--action=replay', '--member=a', '--change={}'], '--change needs --letter'],
  [['--action=replay', '--letter=1', '--change={'], 'no JSON'],
  [['--action=replay', '--letter=1', '--change={}'], 'a change of kind Opened or Closed'],
])('%j is not understood', async (flags, message) => {
  const run = deadLetters(...flags);
  await expect(run).rejects.toThrow(ConfigError);
  await expect(run).rejects.toThrow(message);
});
