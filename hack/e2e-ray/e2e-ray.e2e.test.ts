import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { whyNoRealNode } from '../node/system.ts';

const run = promisify(execFile);
/** The first run fetches Debian and Ray. */
const WITHIN_MS = 1_800_000;

async function journey(): Promise<void> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    ...{ timeout: WITHIN_MS, maxBuffer: 2 ** 26 },
    env: { ...process.env, NODE_OPTIONS: '' },
  }).catch((error: { stdout: string }) => error);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('✗'))).toEqual([]);
  expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
}

const missing = whyNoRealNode();
if (missing === undefined) {
  test("a renter's Ray jobs run on a real node, are metered and paid", journey, WITHIN_MS);
} else {
  test(`no real node here: ${missing}`, () => expect(missing).toMatch(/\.$/));
}
