import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../federation/lock.ts';
import { cacheRoot } from '../federation/paths.ts';
import type { Progress } from '../federation/progress.ts';
import { UserError } from '../federation/user-error.ts';
import {
  ensureSolanaToolchain,
  linkerVersion,
  programDirectory,
  rust,
  type SolanaToolchain,
} from './toolchain.ts';

const KEY_LENGTH = 16;
const BUILD_SECONDS = 20;
const FILE = 'io-stake.so';
const TARGET = 'bpfel-unknown-none';

/** A built program. */
export type BuiltProgram = { readonly path: string; readonly sha256: string };

/** Where the hash of the program lies that this checkout has to build. */
const hashFile = join(programDirectory, 'io-stake.sha256');

/**
 * Builds the Solana program, or finds it in the cache, which knows it by its sources and compiler.
 * Throws a `UserError` when there is no Rust, or when what was built is not what the checkout says.
 */
export async function buildProgram(progress: Progress): Promise<BuiltProgram> {
  const built = await buildUnchecked(progress);
  const wanted = readFileSync(hashFile, 'utf8').split(' ')[0];
  if (built.sha256 !== wanted) {
    throw new UserError(
      `The Solana program has the SHA-256 ${built.sha256}, and operator/settlement/program/io-stake` +
        `.sha256 says ${wanted}: it was changed, or built by another compiler. After a change, ` +
        'run `make program WRITE=1`.',
    );
  }
  return built;
}

/** Builds the program, whatever its hash. */
export async function buildUnchecked(progress: Progress): Promise<BuiltProgram> {
  const toolchain = await ensureSolanaToolchain(progress);
  const folder = join(cacheRoot(), 'programs', `io-stake-${keyOf(toolchain)}`);
  const path = join(folder, FILE);
  if (!existsSync(path)) {
    progress.plan([{ id: 'build io-stake', typicalSeconds: BUILD_SECONDS }]);
    await progress.during('build io-stake', () =>
      withLock(`${folder}.lock`, () => build(toolchain, folder)),
    );
  }
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

async function build(toolchain: SolanaToolchain, folder: string): Promise<void> {
  if (existsSync(folder)) return; // the one we waited for has built it
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    const target = join(part, 'target');
    copyFileSync(await compile(toolchain, programDirectory, target), join(part, FILE));
    rmSync(target, { recursive: true });
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Compiles the package of `directory` below `target`, and says where the program is. */
export async function compile(
  toolchain: SolanaToolchain,
  directory: string,
  target: string,
): Promise<string> {
  const args = ['build', '--release', '--locked', '--quiet', `--target=${TARGET}`];
  await rust('cargo', [...args, '-Zbuild-std=core,alloc'], directory, {
    PATH: `${toolchain.linkerFolder}:${process.env['PATH'] ?? ''}`,
    CARGO_TARGET_DIR: target,
    // Rust has no stable way to build its core library for a target without one.
    RUSTC_BOOTSTRAP: '1',
    CARGO_ENCODED_RUSTFLAGS: [...flags, ...withoutPaths(toolchain, directory)].join('\u001F'),
  });
  return join(target, TARGET, 'release/libio_stake.so');
}

const flags = [
  '-Clinker=sbpf-linker',
  '-Cpanic=abort',
  '-Crelocation-model=static',
  '-Ctarget-cpu=v2',
  '-Clink-arg=--llvm-args=-bpf-stack-size=4096',
  // Solana's machine reads and writes at any address; without this each number is put together
  // byte by byte, and the program is four times as large.
  '-Clink-arg=--cpu-features=+allows-misaligned-mem-access',
];

/** Where a machine keeps things must not be told from the program, or no two would build the same. */
function withoutPaths({ sysroot }: SolanaToolchain, directory: string): string[] {
  const cargoHome = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
  return [
    `--remap-path-prefix=${directory}=/io-stake`,
    `--remap-path-prefix=${cargoHome}=/cargo`,
    `--remap-path-prefix=${sysroot}=/rust`,
  ];
}

/** The cache key of the program: any change of sources, flags or compiler gives another one. */
function keyOf({ compiler }: SolanaToolchain): string {
  const hash = createHash('sha256');
  for (const file of sourceFiles()) {
    const content = readFileSync(join(programDirectory, file), 'utf8');
    for (const part of [file, content]) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  hash.update([compiler, linkerVersion, ...flags].join('\n'));
  return hash.digest('hex').slice(0, KEY_LENGTH);
}

function sourceFiles(): string[] {
  const sources = readdirSync(join(programDirectory, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => join('src', name));
  return ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', ...sources.toSorted()];
}
