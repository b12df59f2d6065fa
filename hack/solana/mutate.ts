import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutDirectory } from '../federation/paths.ts';
import { createProgress } from '../federation/progress.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { type Mutant, mutants } from './mutants.ts';
import { compile } from './program.ts';
import { ensureSolanaToolchain, programDirectory, type SolanaToolchain } from './toolchain.ts';

/**
 * Removes the checks of the program, one at a time, and runs the tests that have to notice: a test
 * that passes without the check tests nothing. `--only TEXT`: those whose name has it. Ends with
 * `N passed, N failed`.
 */
await runMain(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  const chosen = mutants.filter((mutant) => nameOf(mutant).includes(values.only));
  const toolchain = await ensureSolanaToolchain(createProgress());
  const folder = mkdtempSync(join(tmpdir(), 'io-stake-mutants-'));
  let failed = 0;
  try {
    for (const mutant of chosen) {
      const noticed = await isNoticed(toolchain, folder, mutant);
      if (!noticed) failed += 1;
      process.stdout.write(`${noticed ? '✓' : '✗'} ${nameOf(mutant)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${chosen.length - failed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
});

function nameOf({ file, without }: Mutant): string {
  return `${file} without ${without}`;
}

async function isNoticed(
  toolchain: SolanaToolchain,
  folder: string,
  mutant: Mutant,
): Promise<boolean> {
  const directory = join(folder, 'program');
  rmSync(directory, { recursive: true, force: true });
  cpSync(programDirectory, directory, { recursive: true });
  const path = join(directory, 'src', mutant.file);
  const parts = readFileSync(path, 'utf8').split(mutant.from);
  if (parts.length !== 2)
    throw new UserError(`${nameOf(mutant)}: found ${parts.length - 1} times.`);
  writeFileSync(path, parts.join(mutant.to));
  const program = await compile(toolchain, directory, join(folder, 'target'));
  return (await runTests(program, mutant.tests)) !== 0;
}

/** These tests need neither an API server nor PostgreSQL, so they run without the ring's set-up. */
async function runTests(program: string, tests: string): Promise<number> {
  const shared = join(checkoutDirectory, 'hack/jest/common.mjs');
  const { common } = (await import(shared)) as { common: object };
  const config = { ...common, rootDir: checkoutDirectory, testMatch: ['**/*.integration.test.ts'] };
  const pattern = `operator/settlement/(${tests})`;
  return new Promise((resolve, reject) => {
    const child = spawn(
      'jest',
      ['--runInBand', '--bail', '--config', JSON.stringify(config), pattern],
      {
        cwd: checkoutDirectory,
        stdio: 'ignore',
        env: {
          ...process.env,
          IO_STAKE_PROGRAM: program,
          NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
        },
      },
    );
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
