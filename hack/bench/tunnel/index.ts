import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startGateway,
  type TestGateway,
  testLease,
  tunnelOf,
} from '../../../api/testing/tunnel-world.ts';
import type { Tunnel } from '../../../operator/ports/tunnel.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import { issueCertificate, type KeyPair } from '../../federation/certificate.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { quantile } from '../statistics.ts';
import { startPart } from './process.ts';

const BYTES = 512 * 1024 ** 2;
const RUNS = 5;
const ASKED = 2_000;
/** A pause of a garbage collector in one of them says nothing of the others. */
const ROUNDS = 7;
const IDLE_TUNNELS = 1_000;
const STREAMS_PER_TUNNEL = 10;
/** Streams that are being opened at a time. */
const OPENING = 200;
const SPARE = 20;
const RECONNECTS = 5;

type Head = Readonly<{ plainPort: number; securePort: number }>;
type Way = (path: string) => Promise<number>;

/** The tunnel beside a direct connection to the head; agents and head are processes of their own. */
export async function tunnel(context: BenchContext): Promise<void> {
  const gateway = await startGateway();
  const { authority } = gateway.api;
  const pair = issueCertificate(authority, {
    ...{ commonName: 'head', hosts: ['127.0.0.1'], validDays: 1 },
  });
  const head = await startPart(new URL('./head.ts', import.meta.url), {
    cert: pair.certificatePem,
    key: pair.keyPem,
  });
  const { plainPort, securePort } = head.said as Head;
  const agent = await startAgents(gateway, ['a'], plainPort);
  const direct = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificatePem });
  try {
    const ways = {
      direct: directWay(securePort, direct),
      tunnelled: tunnelWay(await tunnelOf(gateway)),
    };
    await measureThroughput(context, ways);
    await measureLatency(context, ways);
    await measureReconnect(context, gateway);
    await measureMany(context, gateway, plainPort);
  } finally {
    direct.destroy();
    await Promise.all([agent.stop(), head.stop()]);
    await gateway.stop();
  }
}

function startAgents({ api, url }: TestGateway, members: readonly string[], port: number) {
  const pairOf = (member: string): object => {
    const { certificatePem: cert, keyPem: key }: KeyPair = api.agent(member);
    return { cert, key };
  };
  const ca = api.authority.certificatePem;
  return startPart(new URL('./agents.ts', import.meta.url), {
    url,
    ca,
    port,
    pairs: members.map(pairOf),
  });
}

/** TLS 1.3 to the head itself, as if it could be dialled. Returns how many bytes came. */
function directWay(port: number, agent: Agent): Way {
  return async (path) => {
    const [response] = (await once(get({ host: '127.0.0.1', port, path, agent }), 'response')) as [
      IncomingMessage,
    ];
    return bytesOf(response);
  };
}

function tunnelWay(to: Tunnel): Way {
  const { signal } = new AbortController();
  const fixed = { lease: testLease, service: 'serve', method: 'GET', headers: {}, signal } as const;
  return async (path) => bytesOf((await to.request({ ...fixed, path })).body);
}

async function bytesOf(body: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

type Ways = Readonly<{ direct: Way; tunnelled: Way }>;

async function measureThroughput(context: BenchContext, ways: Ways): Promise<void> {
  const bytes = scaled(context, BYTES);
  const rates: Record<keyof Ways, number[]> = { direct: [], tunnelled: [] };
  for (let n = 0; n <= RUNS; n += 1) {
    for (const way of ['direct', 'tunnelled'] as const) {
      const began = performance.now();
      const came = await ways[way](`/bytes/${bytes}`);
      if (came !== bytes) throw new Error(`${came} of ${bytes} bytes came`);
      // The first run warms up.
      if (n > 0) rates[way].push(bytes / 1024 ** 2 / ((performance.now() - began) / 1000));
    }
  }
  const [direct, tunnelled] = [quantile(rates.direct, 0.5), quantile(rates.tunnelled, 0.5)];
  context.figures.add({
    ...{ name: 'tunnel_throughput_ratio', value: tunnelled / direct, unit: '1', n: RUNS },
    note:
      `one stream of ${Math.round(bytes / 1024 ** 2)} MiB on loopback, read in the gateway: ` +
      `${tunnelled.toFixed(0)} MiB/s through the tunnel, ${direct.toFixed(0)} MiB/s over TLS 1.3 ` +
      'to the head directly; medians',
  });
}

async function measureLatency(context: BenchContext, ways: Ways): Promise<void> {
  const count = scaled(context, ASKED);
  const added: number[] = [];
  const all: Record<keyof Ways, number[]> = { direct: [], tunnelled: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const times = await askedInTurn(ways, count);
    // The first round warms up.
    if (round === 0) continue;
    added.push(quantile(times.tunnelled, 0.99) - quantile(times.direct, 0.99));
    for (const way of ['direct', 'tunnelled'] as const) all[way].push(...times[way]);
  }
  const at = (way: keyof Ways, q: number): string => quantile(all[way], q).toFixed(2);
  context.figures.add({
    name: 'tunnel_added_p99_ms',
    ...{ value: quantile(added, 0.5), unit: 'ms', n: count * ROUNDS },
    note:
      `small requests one after the other, in turn; median of ${ROUNDS} rounds, from ` +
      `${Math.min(...added).toFixed(2)} to ${Math.max(...added).toFixed(2)} ms; p50 ` +
      `${at('direct', 0.5)} ms directly and ${at('tunnelled', 0.5)} ms through the tunnel, p99 ` +
      `${at('direct', 0.99)} and ${at('tunnelled', 0.99)} ms`,
  });
}

async function askedInTurn(ways: Ways, count: number): Promise<Record<keyof Ways, number[]>> {
  const times: Record<keyof Ways, number[]> = { direct: [], tunnelled: [] };
  for (let n = 0; n < count; n += 1) {
    for (const way of ['direct', 'tunnelled'] as const) {
      const began = performance.now();
      await ways[way]('/');
      times[way].push(performance.now() - began);
    }
  }
  return times;
}

async function measureReconnect(context: BenchContext, { api, registry }: TestGateway) {
  const times: number[] = [];
  for (let n = 0; n < RECONNECTS; n += 1) {
    const began = performance.now();
    api.server.server.closeAllConnections();
    await eventually(() => opened(registry.open('a') === undefined), { everyMs: 1 });
    await eventually(() => opened(registry.open('a') !== undefined), { everyMs: 1 });
    times.push(performance.now() - began);
    // A tunnel that is lost at once is dialled after a pause.
    await delay(steadyMs);
  }
  context.figures.add({
    ...{ name: 'tunnel_reconnect_ms', value: quantile(times, 0.5), unit: 'ms', n: times.length },
    note:
      'from the end of the connection until a request can be sent again, without the way between; ' +
      `slowest ${Math.max(...times).toFixed(0)} ms`,
  });
}

const steadyMs = 10_500;

function opened(isSo: boolean): void {
  if (!isSo) throw new Error('not yet');
}

/** A gateway with as many tunnels as members, first idle, then with all the streams it may have. */
async function measureMany(context: BenchContext, gateway: TestGateway, port: number) {
  const count = scaled(context, IDLE_TUNNELS);
  const members = Array.from({ length: count }, (_, n) => `idle-${n}`);
  for (const member of members) gateway.api.agent(member);
  const before = await settledKib();
  // An agent process carries as many streams as a gateway does; small requests come on top.
  const half = Math.ceil(count / 2);
  const agents = [
    await startAgents(gateway, members.slice(0, half), port),
    await startAgents(gateway, members.slice(half), port),
  ];
  try {
    for (const member of members) {
      await eventually(() => opened(gateway.registry.open(member) !== undefined), {
        withinMs: 120_000,
      });
    }
    const after = await settledKib();
    context.figures.add({
      ...{ name: 'tunnel_idle_kib', value: (after - before) / count, unit: 'KiB', n: count },
      note: `resident memory of the gateway for each idle tunnel: TLS, HTTP/2 and its entry`,
    });
    await measureStreams(context, gateway, members);
  } finally {
    await Promise.all(agents.map((part) => part.stop()));
  }
}

/** Streams that stay open on all tunnels at once, and what a small request takes among them. */
async function measureStreams(
  context: BenchContext,
  { registry }: TestGateway,
  members: readonly string[],
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const of = (member: string, path: string) => {
    const way = registry.open(member);
    if (way === undefined) throw new Error(`${member} has no tunnel`);
    const fixed = { service: 'serve', method: 'GET', headers: {}, signal } as const;
    return way.request({ ...fixed, path, lease: leaseOf(members.indexOf(member)) });
  };
  const wanted = members.flatMap((member) => Array<string>(STREAMS_PER_TUNNEL).fill(member));
  const before = await settledKib();
  const began = performance.now();
  const queue = wanted.values();
  const bodies: Readable[] = [];
  const open = async (): Promise<void> => {
    for (const member of queue) {
      const { body } = await of(member, '/held');
      body.on('error', () => undefined);
      bodies.push(body);
    }
  };
  await Promise.all(Array.from({ length: OPENING }, open));
  const seconds = (performance.now() - began) / 1000;
  const after = await settledKib();
  // The gateway carries no more than so many; a few end, for the small requests.
  for (const body of bodies.splice(-SPARE)) body.destroy();
  await eventually(async () => bytesOf((await of(members[0] ?? '', '/')).body));
  const times: number[] = [];
  for (let n = 0; n < scaled(context, ASKED); n += 1) {
    const asked = performance.now();
    await bytesOf((await of(members[n % members.length] ?? '', '/')).body);
    times.push(performance.now() - asked);
  }
  const lost = bodies.filter(({ destroyed }) => destroyed).length;
  stop.abort();
  if (lost > 0) throw new Error(`${lost} of ${bodies.length} streams have ended by themselves`);
  context.figures.add({
    ...{ name: 'tunnel_stream_kib', value: (after - before) / bodies.length, unit: 'KiB' },
    n: bodies.length,
    note:
      `resident memory of the gateway for each open stream, on ${members.length} tunnels; opened ` +
      `${Math.round(bodies.length / seconds)} a second; a small request among them takes ` +
      `${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`,
  });
}

const leaseOf = (at: number): string => `lease-${at.toString(16).padStart(16, '0')}`;

/** Resident memory, once it moves no more. */
async function settledKib(): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 20; n += 1) {
    globalThis.gc?.();
    await delay(250);
    const now = process.memoryUsage().rss / 1024;
    if (Math.abs(now - last) < 256) return now;
    last = now;
  }
  return last;
}
