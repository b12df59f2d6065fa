import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { type Database, openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { createViewWriter } from '../../../operator/adapters/postgres/views/writer.ts';
import { seededDevice, seededMember, seedViews } from '../../../operator/testing/views/seed.ts';
import type { Money } from '../../federation/operator.ts';
import type { World } from '../../federation/world.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { withWorld } from '../federation.ts';
import { fillLedger } from './ledger-rows.ts';
import { type Ask, openLoop, type Outcome } from './open-loop.ts';

const DEVICES_PER_MEMBER = 600;
const MEMBERS = 1_000;
const CLUSTERS = 20_000;
const LEDGER_ROWS = 10_000_000;
const SUPPLIERS = 500;
const RENTERS = 2_000;
const PER_SECOND = 200;
const SECONDS = 60;
const WARM_UP_SECONDS = 15;
/** Each may ask 20 times a second. */
const PEOPLE = 25;
const AGE_LOOKS = 60;
const AGE_POLL_MS = 500;
const NAMESPACE = 'default';
const genesisSeconds = 1_793_491_200;

/** How fast pages get their answers when 600,000 devices and 10 million rows of a ledger lie behind them. */
export async function api(context: BenchContext): Promise<void> {
  const options = { members: [], kubeRay: false, operator: { money: true } };
  await withWorld(options, async (world) => {
    const { money } = world.operator;
    if (money === undefined) throw new Error('the product was started without a ledger');
    await measureAge(context, money);
    // It would take away what is not in its own API server.
    await world.operator.hub.kill('SIGTERM');
    await seed(context, money);
    const tokens = await people(world);
    const ca = readFileSync(money.authority, 'utf8');
    const load = { origin: originOf(money), ca, people: PEOPLE };
    const ask = asking(context, tokens);
    context.say(`${PER_SECOND} requests a second, ${PEOPLE} people, ${SECONDS} s`);
    await openLoop({ ...load, ask, perSecond: PER_SECOND, seconds: WARM_UP_SECONDS });
    const outcome = await openLoop({ ...load, ask, perSecond: PER_SECOND, seconds: SECONDS });
    report(context, outcome);
  });
}

const originOf = ({ apiPort }: Money): string => `https://127.0.0.1:${apiPort}`;

/** How old what the Explorer shows gets, while the hub runs. */
async function measureAge({ figures, say }: BenchContext, money: Money): Promise<void> {
  say('age of the aggregates');
  const ca = readFileSync(money.authority, 'utf8');
  const ages: number[] = [];
  for (let look = 0; look < AGE_LOOKS; look += 1) {
    const asOf = await networkTime(originOf(money), ca);
    if (asOf !== undefined) ages.push((Date.now() - Date.parse(asOf)) / 1000);
    await delay(AGE_POLL_MS);
  }
  if (ages.length === 0) throw new Error('GET /v1/network never answered 200');
  figures.add({
    ...{ name: 'explorer_age_max_s', value: Math.max(...ages), unit: 's', n: ages.length },
    note: `the oldest asOf of GET /v1/network in ${(AGE_LOOKS * AGE_POLL_MS) / 1000} s of looking`,
  });
}

async function networkTime(origin: string, ca: string): Promise<string | undefined> {
  const dispatcher = new Agent({ connect: { ca } });
  try {
    const { statusCode, body } = await request(`${origin}/v1/network`, { dispatcher });
    if (statusCode === 200) return ((await body.json()) as { asOf: string }).asOf;
    await body.dump();
    return undefined;
  } finally {
    await dispatcher.close();
  }
}

async function seed(context: BenchContext, money: Money): Promise<void> {
  const { say } = context;
  const database = openDatabase(money.ownerUrl, {
    ...{ applicationName: 'bench', statementTimeoutMs: 600_000, maxConnections: 2 },
  });
  try {
    const members = scaled(context, MEMBERS);
    say(`${members * DEVICES_PER_MEMBER} devices`);
    await seedViews(createViewWriter(database), {
      ...{ members, devicesPerMember: DEVICES_PER_MEMBER },
      ...{ clusters: scaled(context, CLUSTERS), suppliers: Math.min(SUPPLIERS, members) },
    });
    await seedLedger(context, database);
  } finally {
    await database.destroy();
  }
}

async function seedLedger(context: BenchContext, database: Database): Promise<void> {
  const names = (count: number, name: string): readonly string[] =>
    Array.from({ length: count }, (_, n) => `${name}-${n}`);
  await fillLedger(
    database,
    {
      ...{ rows: scaled(context, LEDGER_ROWS), genesisSeconds },
      renters: names(RENTERS, 'team-0/renter'),
      suppliers: names(SUPPLIERS, 'suppliers/supplier'),
    },
    context.say,
  );
}

/** Tokens of service accounts that may look at everything. */
async function people(world: World): Promise<readonly string[]> {
  const resources = ['ioclusters', 'ioaccounts', 'iodevices', 'iomembers', 'ioslashcases'];
  const all = resources.map((plural) => `${plural}.compute.io.net`).join(',');
  const role = 'bench-looks';
  await world.mustKubectl([
    ...['create', 'clusterrole', role, '--verb=get,list', `--resource=${all}`],
  ]);
  const tokens: string[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const name = `bench-${n}`;
    await world.mustKubectl(['create', 'serviceaccount', name, '-n', NAMESPACE]);
    const to = `--serviceaccount=${NAMESPACE}:${name}`;
    await world.mustKubectl(['create', 'clusterrolebinding', name, `--clusterrole=${role}`, to]);
    const token = await world.mustKubectl(['create', 'token', name, '-n', NAMESPACE]);
    tokens.push(token.trim());
  }
  return tokens;
}

/** What pages ask for, one after the other, each time of something else. */
function asking(context: BenchContext, tokens: readonly string[]): (n: number) => Ask {
  const members = scaled(context, MEMBERS);
  const suppliers = Math.min(SUPPLIERS, members);
  const clusters = scaled(context, CLUSTERS);
  const asks: readonly ((n: number) => Pick<Ask, 'name' | 'path'>)[] = [
    () => ({ name: 'network', path: '/v1/network' }),
    () => ({ name: 'models', path: '/v1/network/models' }),
    (n) => ({
      name: 'devices of a member',
      path: `/v1/devices?member=${seededMember(n % members)}`,
    }),
    (n) => ({
      name: 'devices of an account',
      path: `/v1/devices?account=suppliers/supplier-${n % suppliers}&limit=100`,
    }),
    () => ({ name: 'free devices of a model', path: '/v1/devices?model=L40S&state=Free' }),
    (n) => {
      const [member, at] = [n % members, n % DEVICES_PER_MEMBER];
      return {
        name: 'device',
        path: `/v1/devices/${seededMember(member)}/${seededDevice(member, at)}`,
      };
    },
    (n) => ({
      name: 'device counts',
      path: `/v1/devices/counts?account=suppliers/supplier-${n % suppliers}`,
    }),
    (n) => ({ name: 'clusters', path: `/v1/namespaces/team-${n % 10}/clusters` }),
    (n) => {
      const at = n % clusters;
      const name = `cluster-${String(at).padStart(6, '0')}`;
      return { name: 'cluster', path: `/v1/namespaces/team-${at % 10}/clusters/${name}` };
    },
    (n) => ({ name: 'ledger', path: `/v1/accounts/suppliers/supplier-${n % suppliers}/ledger` }),
  ];
  return (n) => {
    // Another thing each time around, and prime to how many there are of it.
    const made = asks[n % asks.length]?.(Math.floor(n / asks.length) * 7919);
    if (made === undefined) throw new Error('nothing to ask for');
    // Everybody asks for each of them: their number has nothing in common with that of the requests.
    const person = Math.floor(n / asks.length) % tokens.length;
    return { ...made, person, token: tokens[person] ?? '' };
  };
}

function report(context: BenchContext, outcome: Outcome): void {
  const { requests, p50Ms, p99Ms, worstMs, p99MsOf, failures } = outcome;
  const slowest = [...p99MsOf].toSorted(([, a], [, b]) => b - a).slice(0, 4);
  const failed = [...failures].map(([what, count]) => `${count} × ${what}`);
  const devices = scaled(context, MEMBERS) * DEVICES_PER_MEMBER;
  context.figures.add({
    ...{ name: 'api_p99_ms_200rps', value: p99Ms, unit: 'ms', n: requests },
    note:
      `${devices} devices, ${scaled(context, LEDGER_ROWS)} rows of the ledger; open loop, over TLS, ` +
      `${PEOPLE} people with tokens, the load beside the server; median ${p50Ms.toFixed(1)} ms, worst ` +
      `${worstMs.toFixed(0)} ms; p99 of ` +
      `${slowest.map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(', ')}; ` +
      `failed: ${failed.length === 0 ? 'none' : failed.join(', ')}`,
  });
}
