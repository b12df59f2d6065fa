import { execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildFlags, currentTarget, isBuilt, toolDirectory } from './cache.ts';
import { withLock } from './lock.ts';
import { cacheRoot } from './paths.ts';
import { UserError } from './user-error.ts';
import type { Progress } from './progress.ts';
import { realNodeTools, type Tool, type ToolName, toolNamed, tools } from './tools.ts';

const run = promisify(execFile);
const GIB = 1024 ** 3;
/** A cold build of everything leaves 9 GiB in Go's caches, 0.5 GiB of binaries, and needs some air. */
const COLD_BUILD_BYTES = 12 * GIB;
const WARM_BUILD_BYTES = 2 * GIB;
const OUTPUT_LIMIT_BYTES = 16 * 1024 ** 2;
const ERROR_LINES = 8;

/**
 * Makes sure that the tools are built, in the versions of hack/tools, and returns at once when they
 * are. Processes and checkouts that need the same tool build it once. Throws a `UserError` with one
 * sentence when Go is missing or too old, or the disk too full.
 */
export async function ensureTools(names: readonly ToolName[], progress: Progress): Promise<void> {
  currentTarget();
  const missing = names.map(toolNamed).filter((tool) => !isBuilt(tool));
  if (missing.length === 0) return;
  await checkGo(missing);
  await checkDisk(missing);
  progress.plan(
    missing.map((tool) => ({ id: `build ${tool.name}`, typicalSeconds: tool.typicalSeconds })),
  );
  for (const tool of missing) {
    await progress.during(`build ${tool.name}`, () =>
      withLock(
        `${toolDirectory(tool)}.lock`,
        () => build(tool),
        (holder) => progress.note(`process ${holder.pid} builds ${tool.name}, waiting for it`),
      ),
    );
  }
}

/** Makes sure that every tool is built but a real node's: what all tests and benches need together. */
export async function ensureToolchain(progress: Progress): Promise<void> {
  const names = tools.map(({ name }) => name);
  await ensureTools(
    names.filter((name) => !realNodeTools.includes(name)),
    progress,
  );
}

/** The version in the output of `go version`, as numbers; undefined when it says none. */
export function parseGoVersion(text: string): readonly [number, number] | undefined {
  const match = /\bgo(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

async function checkGo(missing: readonly Tool[]): Promise<void> {
  const needed = missing.map(requiredGoVersion).reduce((a, b) => (isOlder(a, b) ? b : a));
  const sentence = `Go ${needed.join('.')} or newer is needed once, to build ${list(missing)}`;
  let found: readonly [number, number] | undefined;
  try {
    found = parseGoVersion((await run('go', ['version'], { env: goEnvironment() })).stdout);
  } catch {
    throw new UserError(`${sentence}, and there is no go in PATH: install it and run this again.`);
  }
  if (found === undefined || isOlder(found, needed)) {
    throw new UserError(`${sentence}, and the go in PATH is ${found?.join('.') ?? 'unknown'}.`);
  }
}

function requiredGoVersion(tool: Tool): readonly [number, number] {
  const goMod = readFileSync(join(tool.moduleDirectory, 'go.mod'), 'utf8');
  const match = /^go (\d+)\.(\d+)/m.exec(goMod);
  if (match === null) throw new Error(`${tool.moduleDirectory}/go.mod has no go line`);
  return [Number(match[1]), Number(match[2])];
}

function isOlder(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

async function checkDisk(missing: readonly Tool[]): Promise<void> {
  const { stdout } = await run('go', ['env', 'GOCACHE', 'GOMODCACHE'], { env: goEnvironment() });
  const isCold = missing.some((tool) => tool.name === 'kube-apiserver');
  const needed = isCold ? COLD_BUILD_BYTES : WARM_BUILD_BYTES;
  for (const folder of [cacheRoot(), ...stdout.trim().split('\n')]) {
    const { bavail, bsize } = statfsSync(nearestExisting(folder));
    const sentence = diskShortage(missing, folder, bavail * bsize, needed);
    if (sentence !== undefined) throw new UserError(sentence);
  }
}

/** What to say when a folder has too little room for building the tools; undefined: it has enough. */
export function diskShortage(
  missing: readonly Pick<Tool, 'name'>[],
  folder: string,
  freeBytes: number,
  neededBytes: number,
): string | undefined {
  if (freeBytes >= neededBytes) return undefined;
  return (
    `Building ${list(missing)} needs ${neededBytes / GIB} GiB of free disk once, and ${folder} has ` +
    `${(freeBytes / GIB).toFixed(1)} GiB: make room, or set IO_OPERATOR_CACHE, GOCACHE and ` +
    'GOMODCACHE to folders on a larger disk.'
  );
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}

async function build(tool: Tool): Promise<void> {
  const target = toolDirectory(tool);
  if (isBuilt(tool)) return; // the one we waited for has built it
  // We hold the lock: a half-built folder is of a build that was killed.
  const part = `${target}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    await go(tool, ['build', '-o', join(part, tool.name), ...buildFlags(tool)]);
    if (tool.assets !== undefined) await copyAssets(tool, tool.assets, part);
    renameSync(part, target);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

async function copyAssets(
  tool: Tool,
  assets: NonNullable<Tool['assets']>,
  folder: string,
): Promise<void> {
  const { Dir } = JSON.parse(await go(tool, ['list', '-m', '-json', assets.goModule])) as {
    Dir: string;
  };
  for (const file of assets.files) copyFileSync(join(Dir, file), join(folder, basename(file)));
}

function go(tool: Tool, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd: tool.moduleDirectory, env: goEnvironment() });
    let [out, errors] = ['', ''];
    child.stdout.on(
      'data',
      (chunk: Buffer) => (out = (out + chunk.toString()).slice(-OUTPUT_LIMIT_BYTES)),
    );
    child.stderr.on(
      'data',
      (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-OUTPUT_LIMIT_BYTES)),
    );
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const tail = errors.trim().split('\n').slice(-ERROR_LINES).join('\n');
      return reject(
        new UserError(`go ${args[0]} of ${tool.name} ended with ${code ?? signal}:\n${tail}`),
      );
    });
  });
}

/** The pinned go.sum decides; no other toolchain is fetched and no C compiler is needed. */
function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOFLAGS: '-mod=readonly',
  };
}

function list(missing: readonly Pick<Tool, 'name'>[]): string {
  return missing.map((tool) => tool.name).join(', ');
}
