import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { eventually } from '../../operator/testing/eventually.ts';
import { GatewayWorld, rayToken, testCluster, toldBy } from '../testing/gateway-world.ts';
import { testLease } from '../testing/tunnel-world.ts';

let world: GatewayWorld;
let seen: { line: string; headers: IncomingMessage['headers']; body: () => string }[];
let onRequest: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  onRequest = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end('ok'));
    const line = `${request.method} ${request.url}`;
    seen.push({ line, headers: request.headers, body: () => body });
  };
  world = await GatewayWorld.start({ http: (request, response) => onRequest(request, response) });
});
afterEach(() => world.stop());

const good = `${testCluster}/serve/x`;
const headFor = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: a', 'Authorization: Bearer alice', ...headers, '', ''].join(
    '\r\n',
  );
const post = (...headers: string[]): string => headFor(good, ...headers).replace('GET', 'POST');
const isOpen = (line: string): boolean => line.startsWith('open serve');

const [headersFrame, resetFrame, settings] = [1, 3, 4];

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A GET of a path, by alice, as HPACK has it without a table (RFC 7541). */
function headOf(path: string): Buffer {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const bearer = [0x0f, 0x08, ...text('Bearer alice')];
  return Buffer.from([0x82, 0x87, 0x04, ...text(path), 0x01, ...text('a'), ...bearer]);
}

const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);

describe('a request that two readers could read differently is refused, and reaches nobody:', () => {
  const inner = headFor(`${testCluster}/serve/smuggled`);
  test.each([
    ['a length and chunks', `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['chunks and a length', `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`],
    ['two lengths', `${post('Content-Length: 0', `Content-Length: ${inner.length}`)}${inner}`],
    ['a length with a sign', `${post('Content-Length: +3')}abc`],
    ['a length with a list', `${post('Content-Length: 3, 3')}abc`],
    ['chunks that are not last', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`],
    ['chunks by another name', `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`],
    [
      'chunks twice',
      `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    ['a folded header', post('X-A: 1', ' Content-Length: 9')],
    ['a space before the colon', post('Content-Length : 3')],
    ['a header without a name', post(': x')],
    ['a NUL in a header', post('X-A: a\u0000b')],
    ['a carriage return in a header', post('X-A: a\rTransfer-Encoding: chunked')],
    ['a chunk whose size is none', `${post('Transfer-Encoding: chunked')}0x1\r\na\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${post('Transfer-Encoding: chunked')}1\r\nabc\r\n0\r\n\r\n`],
    ['no host', `GET ${good} HTTP/1.1\r\nAuthorization: Bearer alice\r\n\r\n`],
    ['a version that is none', headFor(good).replace('HTTP/1.1', 'HTTP/9.9')],
    ['a space in the target', headFor(`${good} x`)],
  ])('%s', async (_, text) => {
    const answer = await world.raw(text);
    // What came of a body before its fault may have reached the head, which is then reset.
    expect(answer).toMatch(/^(HTTP\/1\.1 [45]\d\d|$)/);
    expect(answer).not.toContain('HTTP/1.1 200');
    expect(seen.filter(({ line }) => line.includes('smuggled'))).toEqual([]);
  });

  test('a body of GET is a body, and no request of its own', async () => {
    const close = 'Connection: close';
    const answer = await world.raw(headFor(good, close, `Content-Length: ${inner.length}`) + inner);
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(seen.map(({ line }) => line)).toEqual(['GET /x']);
    expect(seen[0]?.body()).toBe(inner);
  });

  test.each(['CONNECT', 'TRACE', 'PROPFIND', 'QUERY'])('%s', async (method) => {
    const answer = await world.raw(headFor(good, 'Connection: close').replace('GET', method));
    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
    expect(seen).toEqual([]);
  });

  test.each([
    `https://a${good}`,
    `//a${good}`,
    '/clusters/../v1/intake/usage',
    `${testCluster}/serve/%2e%2e/%2e%2e/dashboard/`,
    `${testCluster}/serve/..%2fdashboard/`,
    `${testCluster}/serve/..\\dashboard/`,
    `${testCluster}/serve/a%00`,
    `${testCluster}/serve//evil.example/`,
    `${testCluster}/serve/${'a'.repeat(9_000)}`,
    '/clusters/team-a/llm/gcs/',
    '/clusters/team-a/llm/10001/',
    '/clusters/kube-system/llm/../../team-a/llm/dashboard/',
  ])('the target %s', async (target) => {
    const answer = await world.raw(headFor(target, 'Connection: close'));
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404)/);
    expect(bodyOf(answer)).toMatch(/"reason":"(BadPath|NotFound)"/);
    expect(seen).toEqual([]);
  });
});

describe('a renter cannot say', () => {
  test('which lease or which service it is, or who they are', async () => {
    const { status } = await world.ask({
      path: good,
      headers: {
        ...{ 'x-io-lease': 'lease-ffffffffffffffff', 'x-io-service': 'client' },
        ...{ 'x-io-anything': '1', 'x-remote-user': 'admin', 'x-forwarded-user': 'admin' },
        ...{ connection: 'X-Mine, Authorization', 'x-mine': '1' },
      },
    });
    expect(status).toBe(200);
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual([
      ...['authorization', 'connection', 'host', 'x-remote-user'],
    ]);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${rayToken}`);
    expect(seen[0]?.headers['x-remote-user']).toBe('admin');
  });

  test('which host it is', async () => {
    onRequest = ({ headers }, response) => {
      response.writeHead(302, { location: `http://${headers.host}/y` });
      response.end();
    };
    const forged = headFor(
      good,
      'Host: evil.example',
      'X-Forwarded-Host: evil.example',
      'Connection: close',
    );
    const answer = await world.raw(forged.replace('Host: a\r\n', ''));
    expect(answer).toContain(`${testCluster}/serve/y`);
    expect(answer).not.toContain('evil');
  });

  test('more headers than the tunnel carries', async () => {
    const headers = Object.fromEntries(Array.from({ length: 91 }, (_, i) => [`x-${i}`, '1']));
    expect(toldBy(await world.ask({ path: good, headers }))).toBe('431 TooManyHeaders');
    const long = { 'x-long': 'a'.repeat(20_000) };
    expect((await world.ask({ path: good, headers: long })).status).toBe(431);
  });
});

describe('over HTTP/2', () => {
  let session: ClientHttp2Session;
  beforeEach(async () => {
    session = connect(world.url, { ca: world.ca });
    session.on('error', () => undefined);
    await once(session, 'remoteSettings');
  });
  afterEach(() => session.destroy());
  const open = (headers: Record<string, string> = {}, path = good) => {
    const stream = session.request({ ':path': path, authorization: 'Bearer alice', ...headers });
    stream.on('error', () => undefined);
    return stream;
  };
  const statusOf = async (stream: ReturnType<typeof open>): Promise<unknown> => {
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    return headers[':status'];
  };

  test('the same paths and methods are refused', async () => {
    expect(await statusOf(open({}, `${testCluster}/serve/../dashboard/`))).toBe(400);
    expect(await statusOf(open({}, `${testCluster}/serve/%2e%2e/x`))).toBe(400);
    expect(await statusOf(open({ ':method': 'TRACE' }))).toBe(405);
    expect(await statusOf(open({ ':method': 'BREW' }))).toBe(405);
    expect(await statusOf(open({ authorization: 'Bearer bob' }))).toBe(403);
    expect(seen).toEqual([]);
  });

  test('who opens streams only to reset them (CVE-2023-44487) is cut off, and others are served', async () => {
    const socket = await world.socket('h2');
    socket.resume();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(settings, 0, 0));
    for (let id = 1; id < 40_000 && !socket.destroyed; id += 2) {
      socket.write(frame(headersFrame, 5, id, headOf(good)));
      socket.write(frame(resetFrame, 0, id, Buffer.from([0, 0, 0, 8])));
      if (id % 100 === 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(socket.destroyed).toBe(true));
    expect(world.counted.filter((line) => line.startsWith('ended')).length).toBeLessThan(5_000);
    expect((await world.ask({ path: good })).status).toBe(200);
    await eventually(() => expect(world.counted.findLast(isOpen)).toBe('open serve 0'));
  });

  test('bodies that never come take no more places than a user has', async () => {
    onRequest = () => undefined;
    const others = Array.from({ length: 8 }, () => connect(world.url, { ca: world.ca }));
    try {
      const statuses: unknown[] = [];
      for (const other of others) {
        other.on('error', () => undefined);
        for (let stream = 0; stream < 100; stream += 1) {
          const half = other.request({
            ...{ ':method': 'POST', ':path': good, authorization: 'Bearer alice' },
          });
          half.on('error', () => undefined);
          half.on('response', (headers) => statuses.push(headers[':status']));
        }
      }
      // Of 800, 256 wait for their bodies at the head, and the others are told so.
      await eventually(() => expect(statuses).toHaveLength(800 - 256), { withinMs: 20_000 });
      expect(new Set(statuses)).toEqual(new Set([429]));
      world.reviews.allow('bob');
      const dashboard = world.ask({ token: 'bob', path: `${testCluster}/access-log` });
      expect((await dashboard).status).toBe(200);
    } finally {
      for (const other of others) other.destroy();
    }
    await eventually(() => expect(world.counted).toContain('open serve 0'), { withinMs: 20_000 });
  });
});

test('thousands of connections that send half a head are closed, and others are served', async () => {
  const half = await Promise.all(Array.from({ length: 200 }, () => world.socket()));
  for (const socket of half) socket.write(`GET ${good} HTTP/1.1\r\nHost: a\r\nX-Slow`);
  const silent = await Promise.all(Array.from({ length: 50 }, () => world.socket('h2')));
  // Each keeps its own end open for as long as it can.
  for (const socket of [...half, ...silent]) socket.resume();
  const drip = setInterval(() => {
    for (const socket of half) if (!socket.destroyed) socket.write('w');
  }, 1_000);
  try {
    expect((await world.ask({ path: good })).status).toBe(200);
    await eventually(
      () =>
        expect(
          [half, silent].map((all) => all.filter(({ destroyed }) => !destroyed).length),
        ).toEqual([0, 0]),
      { withinMs: 45_000 },
    );
  } finally {
    clearInterval(drip);
  }
}, 60_000);

test('an agent that lies about its answer cannot speak for the gateway', async () => {
  onRequest = (_, response) => {
    response.writeHead(200, {
      ...{ 'x-io-lease': testLease, 'clear-site-data': '"*"', 'service-worker-allowed': '/' },
      ...{ 'set-cookie': `a=1; Domain=${'a'.repeat(10)}; Path=/` },
    });
    response.end('ok');
  };
  const { headers } = await world.ask({ path: good });
  expect(Object.keys(headers).sort()).toEqual(
    ['cache-control', 'connection', 'date', 'set-cookie', 'transfer-encoding'].sort(),
  );
  expect(headers['set-cookie']).toEqual([`a=1; Path=${testCluster}/serve/; Secure`]);
});
