import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** House rules that an import graph and a linter cannot see. Prints file:line and what to do. */
type Rule = { what: string; pattern: RegExp; files: RegExp; except?: RegExp };

const source = /\.(tsx?|mjs)$/;
const test = /\.test\.ts$/;

const rules: readonly Rule[] = [
  {
    what: 'the pure core reads no clock, randomness, process or console; inject it',
    pattern:
      /Date\.now|new Date\(\)|Math\.random|\bprocess\.|setTimeout\(|setInterval\(|console\.|randomUUID/,
    files: /^operator\/domain\/|\/decide(-[^/]+)?\.ts$/,
    except: test,
  },
  {
    what: 'unfinished or switched off',
    pattern: /\b(TODO|FIXME|XXX)\b|\b(it|test|describe)\.(only|skip|todo)\b/,
    files: source,
    except: /^hack\/tidy\.ts$/,
  },
  {
    what: 'a suppression needs its reason after --',
    pattern:
      /(oxlint-disable|biome-ignore|@ts-expect-error)(?!.*(--|: )\s*\S)|@ts-(ignore|nocheck)/,
    files: source,
    except: /^hack\/tidy\.ts$/,
  },
  {
    what: 'a cast through unknown hides a type error',
    pattern: /as unknown as/,
    files: source,
    except: /^hack\/tidy\.ts$|\.test\.ts$/,
  },
  {
    what: 'tests wait for a condition (operator/testing/eventually.ts), not for the clock',
    pattern: /(?<!jest\.)setTimeout\(|sleep\(|delay\(/,
    files: test,
  },
  {
    what: 'lines have at most 100 characters (long strings: split them)',
    pattern: /^.{121,}$/,
    files: source,
    except: /vectors|^crds\/schema\//,
  },
  {
    what: 'no path of one machine and no registry host',
    pattern: new RegExp(['/work/', 'main|/root/|registry\\.npm', 'js|proxy\\.golang'].join('')),
    files: /\.(tsx?|css|mjs|md|yaml|yml|json)$|^Makefile$|^\.ci\//,
    except: /package-lock\.json$|^hack\/tidy\.ts$/,
  },
];

const maximumLines = 500;

/** Written by others, or by a generator. */
const notOurWords = /^(crds\/vendor|operator\/settlement\/generated)\/|\.gen\.ts$/;

function problemsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  const problems: string[] = [];
  for (const rule of rules) {
    if (!rule.files.test(file) || rule.except?.test(file) === true) continue;
    lines.forEach((line, index) => {
      if (rule.pattern.test(line)) problems.push(`${file}:${index + 1}: ${rule.what}`);
    });
  }
  if (source.test(file) && !test.test(file) && lines.length > maximumLines) {
    problems.push(`${file}: ${lines.length} lines; would a reader rather find two rooms?`);
  }
  return problems;
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'])
  .toString()
  .split('\n')
  .filter((file) => file !== '' && !notOurWords.test(file))
  .filter((file) => /\.(tsx?|css|mjs|md|yaml|yml|json)$|^Makefile$|^\.ci\//.test(file));
const problems = files.flatMap((file) => {
  try {
    return problemsOf(file);
  } catch (error) {
    // A file that git still lists but that was deleted from the work tree has nothing to say.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
});
for (const problem of problems) console.log(problem);
console.log(`tidy: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
