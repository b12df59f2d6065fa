import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../federation/lock.ts';
import { cacheRoot, checkoutDirectory } from '../federation/paths.ts';
import type { Progress } from '../federation/progress.ts';
import { UserError } from '../federation/user-error.ts';

const execute = promisify(execFile);
const OUTPUT_LIMIT_BYTES = 16 * 1024 ** 2;
const ERROR_LINES = 8;

/** The linker that makes a Solana program out of what plain Rust compiles. */
export const linkerVersion = '0.2.6';
const LINKER_SECONDS = 160;
const RUST_SECONDS = 60;

/** The Rust package of the program; its rust-toolchain.toml pins the compiler. */
export const programDirectory = join(checkoutDirectory, 'operator/settlement/program');

export type SolanaToolchain = {
  /** Added to PATH, so that rustc finds the linker. */
  readonly linkerFolder: string;
  /** What `rustc -vV` says, to the letter: another compiler makes another program. */
  readonly compiler: string;
  readonly sysroot: string;
};

/**
 * Makes sure that Rust has the sources of its core library and that the linker is built. Throws a
 * `UserError` with one sentence when there is no Rust.
 */
export async function ensureSolanaToolchain(progress: Progress): Promise<SolanaToolchain> {
  await checkCargo();
  if (!(await hasCoreSources())) {
    progress.plan([{ id: 'rust-src', typicalSeconds: RUST_SECONDS }]);
    await progress.during('rust-src', addCoreSources);
  }
  const linkerFolder = join(cacheRoot(), 'bin', `sbpf-linker-${linkerVersion}`);
  if (!existsSync(linkerFolder)) {
    progress.plan([{ id: 'build sbpf-linker', typicalSeconds: LINKER_SECONDS }]);
    await progress.during('build sbpf-linker', () =>
      withLock(
        `${linkerFolder}.lock`,
        () => buildLinker(linkerFolder),
        (holder) => progress.note(`process ${holder.pid} builds sbpf-linker, waiting for it`),
      ),
    );
  }
  return {
    linkerFolder: join(linkerFolder, 'bin'),
    compiler: await rust('rustc', ['-vV']),
    sysroot: (await rust('rustc', ['--print', 'sysroot'])).trim(),
  };
}

/** Runs one of Rust's programs on a package. Its last lines are the message when it fails. */
export async function rust(
  program: 'cargo' | 'rustc' | 'rustup',
  args: readonly string[],
  directory = programDirectory,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      cwd: directory,
      env: { ...process.env, ...env },
      maxBuffer: OUTPUT_LIMIT_BYTES,
    });
    return stdout;
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string };
    const tail = stderr.trim().split('\n').slice(-ERROR_LINES).join('\n');
    throw new UserError(`${program} ${args[0]} failed:\n${tail}`);
  }
}

async function checkCargo(): Promise<void> {
  try {
    await execute('cargo', ['--version'], { cwd: programDirectory });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string; stderr?: string };
    const reason = code === 'ENOENT' ? 'there is no cargo in PATH' : stderr.trim();
    throw new UserError(
      'Rust is needed once, to build the Solana program of operator/settlement/program, and ' +
        `${reason}: install it with rustup and run this again.`,
    );
  }
}

async function hasCoreSources(): Promise<boolean> {
  const sysroot = (await rust('rustc', ['--print', 'sysroot'])).trim();
  return existsSync(join(sysroot, 'lib/rustlib/src/rust/library/core'));
}

async function addCoreSources(): Promise<void> {
  await rust('rustup', ['component', 'add', 'rust-src']);
}

async function buildLinker(folder: string): Promise<void> {
  if (existsSync(folder)) return; // the one we waited for has built it
  // We hold the lock: a half-built folder is of a build that was killed.
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    await rust('cargo', [
      'install',
      '--locked',
      '--quiet',
      `--root=${part}`,
      `sbpf-linker@${linkerVersion}`,
    ]);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
