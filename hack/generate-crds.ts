import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { definitions } from '../crds/schema/definitions.ts';
import { auditSchema } from './crds/audit.ts';
import { crdFileOf, crdOf } from './crds/crd.ts';

/** Where the manifests lie. */
export const generatedFolder = join(import.meta.dirname, '..', 'crds', 'generated');

/** Name and content of every manifest. @throws Error that lists what the audit found */
export function generateCrds(): ReadonlyMap<string, string> {
  const findings: string[] = [];
  const files = new Map<string, string>();
  for (const definition of definitions) {
    const [version] = crdOf(definition).spec.versions;
    findings.push(
      ...auditSchema(version.schema.openAPIV3Schema).map((line) => `${definition.kind} ${line}`),
    );
    const { name, content } = crdFileOf(definition);
    files.set(name, content);
  }
  if (findings.length > 0) {
    throw new Error(`the schemas make no good CRDs:\n  ${findings.join('\n  ')}`);
  }
  return files;
}

/** What differs between the folder and what the schemas say, one line per file; empty when nothing. */
export async function staleCrds(folder: string): Promise<string[]> {
  const wanted = generateCrds();
  const present = new Set((await readdir(folder)).filter((name) => name.endsWith('.yaml')));
  const stale = [...present]
    .filter((name) => !wanted.has(name))
    .map((name) => `${name}: is left over`);
  for (const [name, content] of wanted) {
    if (!present.has(name)) stale.push(`${name}: is missing`);
    else {
      const difference = firstDifference(await readFile(join(folder, name), 'utf8'), content);
      if (difference !== undefined) stale.push(`${name}${difference}`);
    }
  }
  return stale;
}

function firstDifference(present: string, wanted: string): string | undefined {
  if (present === wanted) return undefined;
  const have = present.split('\n');
  const want = wanted.split('\n');
  const at = want.findIndex((line, index) => line !== have[index]);
  const line = at < 0 ? want.length : at;
  return `:${line + 1}: has "${(have[line] ?? '').trim()}", should be "${(want[line] ?? '').trim()}"`;
}

async function writeCrds(folder: string): Promise<number> {
  const wanted = generateCrds();
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.endsWith('.yaml') && !wanted.has(name)) await rm(join(folder, name));
  }
  for (const [name, content] of wanted) await writeFile(join(folder, name), content);
  return wanted.size;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  if (!values.check) {
    console.log(`${await writeCrds(generatedFolder)} CRDs written to crds/generated`);
    return;
  }
  const stale = await staleCrds(generatedFolder);
  if (stale.length === 0) return;
  console.error(`crds/generated is not what crds/schema says; run \`make generate\`.`);
  for (const line of stale) console.error(`  ${line}`);
  process.exitCode = 1;
}

if (import.meta.main) await main();
