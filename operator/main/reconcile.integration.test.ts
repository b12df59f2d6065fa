import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createDrifts } from '../adapters/postgres/drifts.ts';
import { type ReconcileConfig, readConfig, type SuspenseConfig } from '../config.ts';
import { type TestDatabase, testDatabase } from '../testing/postgres.ts';
import { runReconcile } from './reconcile.ts';
import { runSuspense } from './suspense.ts';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'reconcile-'));
  writeFileSync(join(directory, 'url'), `${database.writerUrl}\n`);
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.close();
});

/** The lines that a command prints. */
async function run(command: 'reconcile' | 'suspense', ...flags: string[]): Promise<string[]> {
  const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const args = [command, `--database-url-file=${join(directory, 'url')}`, ...flags];
    const config = readConfig(args, {});
    await (command === 'reconcile'
      ? runReconcile(config as ReconcileConfig)
      : runSuspense(config as SuspenseConfig));
    return printed.mock.calls
      .map(([text]) => String(text))
      .join('')
      .trimEnd()
      .split('\n');
  } finally {
    printed.mockRestore();
  }
}

test('a person sees what differs, approves exactly that, and says whose it is', async () => {
  expect(await run('reconcile')).toEqual(['ledger and chain agree']);
  const { repairs } = await createDrifts(database.writer).standing(0n);
  const common = { owner: '', explanation: 'it says so' };
  const drifts = [
    { ...common, kind: 'custody', asset: 'USDC', ledger: 5n, chain: 2_500_005n },
    { ...common, kind: 'vault:stake', asset: 'IO', ledger: 9n, chain: 8n },
  ] as const;
  const scope = ['custody', 'vault:stake'] as const;
  const found = { drifts, unclear: [], scope, repairs };
  await createDrifts(database.writer).record(found, 1_793_491_200);
  const lines = await run('reconcile');
  const planId = lines.at(-1)?.slice('plan '.length) ?? '';
  const beyond = 'vault:stake: 0.00000001 IO less on chain, since 2026-11-01T00:00:00Z: it says so';
  expect(lines).toEqual([
    'custody: 2.50 USDC more on chain, since 2026-11-01T00:00:00Z: it says so',
    beyond,
    'transfers that would repair the ledger:',
    '  custody -> suspense: 2.50 USDC',
    'no transfer repairs these:',
    `  ${beyond}`,
    expect.stringMatching(/^plan [0-9a-f]{64}$/),
  ]);

  const approve = (plan: string) =>
    run('reconcile', '--action=approve', `--plan=${plan}`, '--reason=seen by two of us');
  await expect(approve('0'.repeat(64))).rejects.toThrow('is not the one of now');
  expect(await approve(planId)).toEqual([`1 transfers of plan ${planId} are booked`]);
  await expect(approve(planId)).rejects.toThrow('is not the one of now');

  const [, waiting = ''] = await run('suspense');
  expect(waiting).toContain(`2.50                USDC`);
  const assign = () =>
    run(
      'suspense',
      ...['--action=assign', `--transfer=${planId}/0`, '--account=team/a', '--reason=receipt'],
    );
  expect(await assign()).toEqual([`${planId}/0 is booked to team/a`]);
  await expect(assign()).rejects.toThrow(`no transfer ${planId}/0 waits in suspense`);
});

test.each([
  [['reconcile', '--action=approve'], '--action=approve needs --plan and --reason'],
  [['suspense', '--action=assign'], '--action=assign needs --transfer, --account, --reason'],
] as const)('%s says what is missing', async ([command, flag], message) => {
  await expect(run(command, flag)).rejects.toThrow(message);
});
