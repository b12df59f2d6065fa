import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutDirectory } from '../federation/paths.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { api } from './api/index.ts';
import { audit } from './audit/index.ts';
import { rewards } from './audit/rewards.ts';
import type { Bench } from './bench.ts';
import { consoleLoad } from './console/index.ts';
import { epoch } from './epoch/index.ts';
import { failover } from './failover/index.ts';
import { Figures } from './figures.ts';
import { intake } from './intake/index.ts';
import { members } from './members/index.ts';
import { memory } from './memory/index.ts';
import { merkle } from './merkle/index.ts';
import { placement } from './placement/index.ts';
import { postings } from './postings/index.ts';
import { program } from './program/index.ts';
import { rayJob } from './ray-job/index.ts';
import { tunnel } from './tunnel/index.ts';
import { views } from './views/index.ts';

const benches: Readonly<Record<string, Bench>> = {
  placement,
  memory,
  intake,
  epoch,
  postings,
  audit,
  rewards,
  merkle,
  program,
  members,
  failover,
  tunnel,
  api,
  console: consoleLoad,
  views,
  'ray-job': rayJob,
};

/** `make bench [ONLY=name]`: JSON lines on stdout and in bench/latest.json, the rest on stderr. */
await runMain(async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, scale: { type: 'string', default: '1' } },
  });
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) {
    throw new UserError(`--scale must be above 0 and at most 1, not ${values.scale}.`);
  }
  const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
  const path = join(checkoutDirectory, 'bench/latest.json');
  const figures = new Figures(path, (line) => process.stdout.write(line));
  for (const [name, bench] of chosen(values.only)) {
    say(`${name}, on ${machine()}`);
    await bench({ figures, scale, say });
  }
});

function chosen(only: string | undefined): readonly (readonly [string, Bench])[] {
  if (only === undefined) return Object.entries(benches);
  const bench = benches[only];
  if (bench !== undefined) return [[only, bench]];
  throw new UserError(`there is no bench ${only}, only ${Object.keys(benches).join(', ')}.`);
}

/** What else runs here shows in the load. */
function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gib = Math.round(totalmem() / 1024 ** 3);
  const [oneMinute = 0] = loadavg();
  return `${availableParallelism()} cores (${model}), ${gib} GiB, load ${oneMinute.toFixed(1)}`;
}
