import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readIdl } from './program/idl.ts';
import { rustSource } from './program/rust.ts';
import { typescriptSources } from './program/typescript.ts';

const settlement = join(import.meta.dirname, '../operator/settlement');
const typescriptFolder = join(settlement, 'generated');
const rustFile = join(settlement, 'program/src/generated.rs');

/** Path and content of every file, formatted. */
function generateProgram(): ReadonlyMap<string, string> {
  const idl = readIdl();
  const files = new Map([[rustFile, rustSource(idl)]]);
  for (const [name, content] of typescriptSources(idl)) {
    const path = join(typescriptFolder, name);
    files.set(path, biome(path, content));
  }
  return files;
}

function biome(path: string, content: string): string {
  return execFileSync('biome', ['format', `--stdin-file-path=${path}`], {
    input: content,
    encoding: 'utf8',
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const wanted = generateProgram();
  await mkdir(typescriptFolder, { recursive: true });
  const stale: string[] = [];
  for (const name of await readdir(typescriptFolder)) {
    const path = join(typescriptFolder, name);
    if (wanted.has(path)) continue;
    stale.push(`${name} is left over`);
    if (!values.check) await rm(path);
  }
  for (const [path, content] of wanted) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) continue;
    stale.push(`${basename(path)} is not what idl.json says`);
    if (!values.check) await writeFile(path, content);
  }
  if (!values.check) {
    console.log(`${wanted.size} files of the program's layouts written`);
  } else if (stale.length > 0) {
    console.error(`operator/settlement is not up to date; run \`make generate\`.`);
    for (const line of stale) console.error(`  ${line}`);
    process.exitCode = 1;
  }
}

await main();
