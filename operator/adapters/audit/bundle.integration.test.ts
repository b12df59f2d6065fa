import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeHistory } from '../../testing/ledger-history.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { exportTables } from '../postgres/audit-export.ts';
import { writeBundle } from './bundle.ts';

type Manifest = { files: { name: string; rows: number; sha256: string }[] };
type Outcome = Readonly<{ code: number; output: string }>;

const script = join(process.cwd(), 'docs/recompute/recompute.mjs');

/** What an outsider sees who runs the script on a folder. */
function recompute(directory: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, directory], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  database = await testDatabase();
  await writeHistory(database.writer, 12, 11);
});

afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

async function bundle(from: number, to: number): Promise<string> {
  const folder = join(directory, `${from}-${to}`);
  const span = { from, to };
  await writeBundle(folder, { version: 'test', ...span }, (sink) =>
    exportTables(database.readerUrl, span, sink),
  );
  return folder;
}

test.each([
  ['all epochs', 1, 12],
  ['the first one', 1, 1],
  ['some in the middle', 4, 9],
  ['the last one', 12, 12],
])('an outsider computes %s again', async (_, from, to) => {
  expect(await recompute(await bundle(from, to))).toEqual({
    code: 0,
    output: `OK, epochs ${from} to ${to}\n`,
  });
});

describe('an outsider finds one number that was changed', () => {
  let good: string;
  beforeAll(async () => {
    good = await bundle(2, 12);
  });

  /** Adds one to a number that is not 0, with or without a new hash. */
  function change(folder: string, file: string, column: string, hashToo: boolean): void {
    const path = join(folder, file);
    const rows = readFileSync(path, 'utf8')
      .split('\n')
      .map((row) => row.split(','));
    const at = rows[0]?.indexOf(column) ?? -1;
    const isNumber = (fields: readonly string[]): boolean => /^[1-9][0-9]*$/.test(fields[at] ?? '');
    // The last lease may have used nothing yet; the first charges are what the bundle starts from.
    const row = file.startsWith('lease') ? rows.find(isNumber) : rows.findLast(isNumber);
    if (row === undefined) throw new Error(`${file} has no ${column}`);
    row[at] = String(BigInt(row[at] ?? '') + 1n);
    const text = rows.map((fields) => fields.join(',')).join('\n');
    writeFileSync(path, text);
    if (!hashToo) return;
    const manifestPath = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
    for (const each of manifest.files) {
      if (each.name === file) each.sha256 = createHash('sha256').update(text).digest('hex');
    }
    writeFileSync(manifestPath, JSON.stringify(manifest));
  }

  async function changed(file: string, column: string, hashToo: boolean): Promise<Outcome> {
    const folder = join(directory, 'changed');
    rmSync(folder, { recursive: true, force: true });
    cpSync(good, folder, { recursive: true });
    change(folder, file, column, hashToo);
    return recompute(folder);
  }

  test('by the hash of the file', async () => {
    const { code, output } = await changed('charges.csv', 'total_sum', false);
    expect(code).toBe(1);
    expect(output).toContain('charges.csv, hash');
  });

  test.each([
    ['charges.csv', 'total_sum'],
    ['charges.csv', 'renewed_sum'],
    ['charges.csv', 'seconds'],
    ['intervals.csv', 'start_s'],
    ['leases.csv', 'renter_basis_points'],
    ['lease_devices.csv', 'rate_per_hour'],
    ['transfers.csv', 'amount'],
    ['transfers.csv', 'at_s'],
    ['accounts.csv', 'closing'],
    ['deposits.csv', 'amount'],
    ['prices.csv', 'micro_usd'],
    ['reward_epochs.csv', 'emitted'],
    ['reward_classes.csv', 'up_minutes'],
    ['reward_classes.csv', 'amount'],
    ['reward_members.csv', 'amount'],
    ['wallets.csv', 'since_epoch'],
    ['chain_events.csv', 'amount'],
    ['chain_events.csv', 'posted_epoch'],
    ['decisions.csv', 'amount'],
    ['payees.csv', 'amount'],
    ['reward_standings.csv', 'total'],
    ['reward_roots.csv', 'depth'],
  ])('in %s: %s, though the manifest has its hash', async (file, column) => {
    const { code, output } = await changed(file, column, true);
    expect(output).toMatch(/stored .*, computed /);
    expect(code).toBe(1);
  });
});
