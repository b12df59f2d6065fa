import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { strToU8, Zip, ZipDeflate } from 'fflate';
import ignore, { type Ignore } from 'ignore';

/** A folder as Ray takes it: a zip archive that is named by what is in it. */
export type WorkingDirectory = Readonly<{
  /** `_ray_pkg_<digest>.zip`; its URI is `gcs://` and this. */
  name: string;
  bytes: number;
  files: number;
  open: () => Readable;
  /** What was left out that a person might miss. */
  skipped: readonly string[];
}>;

/** What Ray itself takes: a message of gRPC. */
const maximumBytes = 500 * 2 ** 20;
const maximumFiles = 50_000;
/** As Ray's own client leaves out. */
const neverPacked = ['.git', '.venv', 'venv', '__pycache__'];
const ignoreFiles = ['.gitignore', '.rayignore'];
/** The earliest time that a zip archive knows: the same files give the same archive. */
const fixedTime = new Date(1980, 0, 1);
const zipOfUnix = 3;

type Found = Readonly<{ path: string; file: string; mode: number }>;

/** Packs a folder, but for what its `.gitignore` and `.rayignore` files and `excludes` name. */
export async function packDirectory(
  directory: string,
  excludes: readonly string[] = [],
): Promise<WorkingDirectory> {
  const root = await rootOf(directory);
  const walk: Walk = { root, files: [], skipped: [], rules: [] };
  await collect(walk, root, [rulesAt(root, [...neverPacked, ...excludes])]);
  const files = walk.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { chunks, bytes, digest } = await zipOf(files, directory);
  return {
    name: `_ray_pkg_${digest}.zip`,
    bytes,
    files: files.length,
    open: () => Readable.from(chunks),
    skipped: walk.skipped,
  };
}

async function rootOf(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new Error(`working directory ${directory}: must be a folder that exists`);
  }
  return realpath(directory);
}

type Rules = Readonly<{ directory: string; matcher: Ignore }>;
type Walk = { root: string; files: Found[]; skipped: string[]; rules: Rules[] };

const rulesAt = (directory: string, patterns: readonly string[]): Rules => ({
  directory,
  matcher: ignore({ allowRelativePaths: true }).add([...patterns]),
});

/** The rules of a folder hold for it and what lies below. */
async function collect(walk: Walk, directory: string, above: readonly Rules[]): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const own = entries.filter((entry) => entry.isFile() && ignoreFiles.includes(entry.name));
  const texts = await Promise.all(own.map(({ name }) => readFile(join(directory, name), 'utf8')));
  const rules =
    texts.length === 0
      ? above
      : [
          ...above,
          rulesAt(
            directory,
            texts.flatMap((text) => text.split(/\r?\n/)),
          ),
        ];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    const isDirectory = entry.isDirectory();
    if (rules.some((each) => isIgnored(each, path, isDirectory))) continue;
    if (isDirectory) await collect(walk, path, rules);
    else await add(walk, path);
  }
}

function isIgnored({ directory, matcher }: Rules, path: string, isDirectory: boolean): boolean {
  const name = zipPath(relative(directory, path));
  return matcher.ignores(isDirectory ? `${name}/` : name);
}

/** A link is followed to a file of this folder, and to nothing else: it could lead anywhere. */
async function add(walk: Walk, path: string): Promise<void> {
  const name = zipPath(relative(walk.root, path));
  const file = await realpath(path).catch(() => undefined);
  const found = file === undefined ? undefined : await stat(file);
  const isInside = file?.startsWith(walk.root + sep) === true;
  if (file === undefined || found?.isFile() !== true || !isInside) {
    walk.skipped.push(name);
    return;
  }
  walk.files.push({ path: name, file, mode: found.mode });
  if (walk.files.length > maximumFiles) {
    throw new Error(
      `working directory ${walk.root}: has more than ${maximumFiles} files; name what is not needed ` +
        'in .rayignore',
    );
  }
}

const zipPath = (path: string): string => path.split(sep).join('/');

/** One file after the other, so that no more than one is in memory beside the archive. */
async function zipOf(files: readonly Found[], directory: string) {
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  let failed: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error !== null) failed = error;
    else chunks.push(chunk);
    bytes += chunk?.length ?? 0;
  });
  for (const { path, file, mode } of files) {
    const content = await readFile(file);
    const entry = new ZipDeflate(path, { level: 6 });
    entry.mtime = fixedTime;
    entry.os = zipOfUnix;
    entry.attrs = (mode & 0xffff) * 0x1_0000;
    zip.add(entry);
    entry.push(content, true);
    hash.update(strToU8(`${path}\0${mode & 0o111}\0${content.length}\0`)).update(content);
    if (failed !== undefined) throw failed;
    if (bytes > maximumBytes) throw tooLarge(directory, path);
  }
  zip.end();
  return { chunks, bytes, digest: hash.digest('hex').slice(0, 40) };
}

function tooLarge(directory: string, path: string): Error {
  return new Error(
    `working directory ${directory}: is larger than ${maximumBytes / 2 ** 20} MiB when packed, which ` +
      `is the most that Ray takes (at ${path}); name what is not needed in .rayignore, and let the ` +
      'job read large data from a store',
  );
}
