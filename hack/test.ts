import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureChromium, mayLackChromium } from './browser/chromium.ts';
import { builtConsole } from './federation/console.ts';
import { ensureToolchain } from './federation/toolchain.ts';
import { createProgress } from './federation/progress.ts';
import { buildProgram } from './solana/program.ts';

/**
 * `make test`: the rings in order, cheapest first; the binaries that the real ones need are built
 * before, with progress. Ends with `N passed, N failed, N skipped` over all rings.
 */
const rings = ['unit', 'integration', 'e2e'] as const;
type Ring = (typeof rings)[number];
type Counts = { passed: number; failed: number; skipped: number };

async function runRing(ring: Ring, directory: string, rest: readonly string[]): Promise<Counts> {
  const report = join(directory, `${ring}.json`);
  const code = await new Promise<number>((resolve, reject) => {
    const args = ['--selectProjects', ring, '--json', `--outputFile=${report}`, '--silent=false'];
    // The rings that start processes run one file at a time: two cores carry the clusters already.
    if (ring !== 'unit') args.push('--runInBand');
    const child = spawn('jest', [...args, ...rest], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      },
    });
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  const counts = await readCounts(report);
  // A suite that does not even load has no failed test, but it has failed.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

async function readCounts(report: string): Promise<Counts> {
  try {
    const result = JSON.parse(await readFile(report, 'utf8')) as Record<string, number>;
    return {
      passed: result['numPassedTests'] ?? 0,
      failed: (result['numFailedTests'] ?? 0) + (result['numRuntimeErrorTestSuites'] ?? 0),
      skipped: (result['numPendingTests'] ?? 0) + (result['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Builds what the tests of real processes need, and says which Solana program that is. */
async function build(): Promise<void> {
  const progress = createProgress();
  await ensureToolchain(progress);
  const { sha256 } = await buildProgram(progress);
  await builtConsole();
  if (!mayLackChromium()) await ensureChromium(progress);
  progress.note(`io-stake.so has the SHA-256 ${sha256}, as io-stake.sha256 says`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string' } },
    allowPositionals: true,
  });
  const chosen = rings.filter((ring) => values.only === undefined || values.only === ring);
  if (chosen.length === 0) throw new Error(`--only takes one of ${rings.join(', ')}`);
  if (chosen.some((ring) => ring !== 'unit')) await build();
  const directory = await mkdtemp(join(tmpdir(), 'io-operator-test-'));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const ring of chosen) {
      const counts = await runRing(ring, directory, positionals);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
