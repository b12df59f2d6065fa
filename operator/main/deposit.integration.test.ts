import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DepositConfig, readConfig } from '../config.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import { runDeposit } from './deposit.ts';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'deposit-'));
  writeFileSync(join(directory, 'url'), `${database.writerUrl}\n`);
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.close();
});

/** What the command prints. */
async function deposit(...flags: string[]): Promise<string> {
  const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const args = ['deposit', '--account=team/a', `--database-url-file=${join(directory, 'url')}`];
    await runDeposit(readConfig([...args, ...flags], {}) as DepositConfig);
    return printed.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    printed.mockRestore();
  }
}

test('a deposit is booked once and says what the account has', async () => {
  const told = 'booked 12.50 USDC as wire-1; team/a has 12.50 USDC available\n';
  expect(await deposit('--amount=12.5', '--reference=wire-1')).toBe(told);
  expect(await deposit('--amount=12.5', '--reference=wire-1')).toBe(told);
  const more = 'booked 0.00000001 IO as wire-2; team/a has 0.00000001 IO available\n';
  expect(await deposit('--amount=0.00000001', '--asset=IO', '--reference=wire-2')).toBe(more);
});

test.each([
  [
    'another amount under a known reference',
    '13',
    'wire-1',
    'was booked before with other content',
  ],
  ['nothing', '0.00', 'wire-3', '0.00 is no amount of USDC'],
  ['less than the smallest unit', '0.0000001', 'wire-3', '0.0000001 is no amount of USDC'],
] as const)('%s is refused', async (_, amount, reference, message) => {
  await expect(deposit(`--amount=${amount}`, `--reference=${reference}`)).rejects.toThrow(message);
});
