import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const WITHIN_MS = 600_000;

test(
  'the demo shows every stage, from members that join to stake that is burnt',
  async () => {
    const { stdout } = await run(
      process.execPath,
      [join(import.meta.dirname, 'main.ts'), '--check'],
      { timeout: WITHIN_MS, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 },
    ).catch((error: { stdout: string }) => error);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([]);
    expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
  },
  WITHIN_MS,
);
