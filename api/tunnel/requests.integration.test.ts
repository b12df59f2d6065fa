import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Tunnel, TunnelAnswer, TunnelRequest } from '../../operator/ports/tunnel.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import {
  faultOf,
  grpcHead,
  httpHead,
  localHeads,
  startAgent,
  startGateway,
  type TestAgent,
  type TestGateway,
  testLease,
  tunnelOf,
} from '../testing/tunnel-world.ts';

let gateway: TestGateway;
let agent: TestAgent;
let tunnel: Tunnel;
let head: Awaited<ReturnType<typeof httpHead>>;
let grpc: Awaited<ReturnType<typeof grpcHead>>;
/** What the heads do. */
let onRequest: (request: IncomingMessage, response: ServerResponse) => void;
let onCall: (request: Http2ServerRequest, response: Http2ServerResponse) => void;
let ports: Record<string, number>;
const limits = { total: 40, perLease: 20, waiting: 10 };
let idleMs = 30_000;

beforeEach(async () => {
  idleMs = 30_000;
  onRequest = (_, response) => response.end('ok');
  onCall = (_, response) => response.end();
  head = await httpHead((request, response) => onRequest(request, response));
  grpc = await grpcHead((request, response) => onCall(request, response));
  ports = { dashboard: head.port, serve: head.port, client: grpc.port };
  gateway = await startGateway();
  agent = startAgent(gateway, {
    heads: localHeads('Bearer of-ray'),
    portOf: (service) => ports[service] ?? 0,
    limits,
    idleMs: () => idleMs,
  });
  tunnel = await tunnelOf(gateway);
});

afterEach(async () => {
  head.stop();
  grpc.stop();
  await agent.stop();
  await gateway.stop();
});

const asking = (request: Partial<TunnelRequest> = {}): TunnelRequest => ({
  ...{ lease: testLease, service: 'dashboard', method: 'GET', path: '/', headers: {} },
  signal: new AbortController().signal,
  ...request,
});

async function bytesOf({ body }: TunnelAnswer, isSlow = false): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (isSlow) await new Promise(setImmediate);
  }
  return Buffer.concat(chunks);
}

const textOf = async (answer: TunnelAnswer): Promise<string> => (await bytesOf(answer)).toString();
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a request', () => {
  test('reaches the head with its path and headers, and comes back with what it answers', async () => {
    onRequest = ({ method, url, headers }, response) => {
      response.writeHead(201, {
        'x-answer': 'yes',
        'set-cookie': ['a=1', 'b=2'],
        'x-io-lease': 'lie',
      });
      response.end(JSON.stringify({ method, url, headers }));
    };
    const headers = {
      ...{ accept: 'text/html', authorization: 'Bearer of-renter', 'x-io-service': 'client' },
      ...{ connection: 'x-secret', 'x-secret': '1', cookie: 'c=1' },
    };
    const answer = await tunnel.request(asking({ path: '/api/jobs/?a=%2F', headers }));
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(answer.headers).not.toHaveProperty('x-io-lease');
    const seen = JSON.parse(await textOf(answer)) as Record<string, unknown>;
    expect(seen).toMatchObject({ method: 'GET', url: '/api/jobs/?a=%2F' });
    expect(seen['headers']).toEqual({
      ...{ accept: 'text/html', cookie: 'c=1', connection: 'keep-alive' },
      ...{ authorization: 'Bearer of-ray', host: `127.0.0.1:${head.port}` },
    });
    expect(JSON.stringify(seen)).not.toContain('of-renter');
  });

  test.each(['GET', 'POST', 'DELETE'])(
    '%s carries its body whole, with and without a length',
    async (method) => {
      onRequest = (request, response) => void request.pipe(response);
      const bytes = randomBytes(3 * 1024 * 1024);
      for (const headers of [{}, { 'content-length': String(bytes.length) }]) {
        const body = Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]);
        const answer = await tunnel.request(asking({ method, headers, body }));
        expect(digest(await bytesOf(answer))).toBe(digest(bytes));
      }
    },
  );

  test('HEAD, 204 and 304 have no body and are whole', async () => {
    onRequest = ({ url }, response) => {
      response.writeHead(Number(url?.slice(1)), { etag: 'x' });
      response.end();
    };
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
    ] as const) {
      const answer = await tunnel.request(asking({ method, path: `/${status}` }));
      expect([answer.status, await textOf(answer)]).toEqual([status, '']);
    }
  });

  test('is streamed while the head writes', async () => {
    onRequest = (_, response) => {
      response.write('first');
    };
    const { body } = await tunnel.request(asking());
    const { value } = await body.iterator({ destroyOnReturn: false }).next();
    expect(String(value)).toBe('first');
    body.destroy();
  });

  test('of which the answer is cut off says so', async () => {
    let cut = (): unknown => undefined;
    onRequest = (_, response) => {
      response.write('a part of it');
      cut = () => response.destroy();
    };
    const answer = await tunnel.request(asking());
    cut();
    await expect(textOf(answer)).rejects.toThrow('cut it off');
    await eventually(() => expect(gateway.counted).toContain('dashboard cut-off'));
  });

  test('that the renter gives up does not end like a whole one at the head', async () => {
    const seen: string[] = [];
    onRequest = (request) => {
      request.on('data', () => seen.push('data'));
      request.on('end', () => seen.push('end'));
      request.on('error', () => seen.push('cut off'));
    };
    const body = new PassThrough();
    const answer = faultOf(tunnel.request(asking({ method: 'POST', body })));
    body.write('{"entrypoint":');
    await eventually(() => expect(seen).toEqual(['data']));
    body.destroy();
    expect(await answer).toBe('TunnelLost 502');
    await eventually(() => expect(seen).toEqual(['data', 'cut off']));
  });

  test('whose signal is aborted ends on the whole way', async () => {
    const ended: string[] = [];
    onRequest = (_, response) => response.on('close', () => ended.push('closed'));
    const giveUp = new AbortController();
    const answer = faultOf(tunnel.request(asking({ signal: giveUp.signal })));
    await eventually(() => expect(agent.counted).toContain('streams 1'));
    giveUp.abort();
    expect(await answer).toBe('Aborted 499');
    await eventually(() => expect(ended).toEqual(['closed']));
    await eventually(() => expect(gateway.counted.at(-2)).toBe('streams 0'));
  });

  test('whose body the head does not want gets the answer all the same', async () => {
    onRequest = (_, response) => {
      response.writeHead(413);
      response.end('too large');
    };
    const body = new Readable({
      read() {
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    const answer = await tunnel.request(asking({ method: 'PUT', body }));
    expect([answer.status, await textOf(answer)]).toEqual([413, 'too large']);
    expect(body.destroyed).toBe(false);
    await eventually(() => expect(agent.counted.at(-2)).toBe('streams 0'));
  });

  test('is asked once more over a new connection when the kept one was closed', async () => {
    let asked = 0;
    onRequest = (request, response) => {
      asked += 1;
      if (asked === 2) request.socket.destroy();
      else response.end(`ok ${asked}`);
    };
    expect(await textOf(await tunnel.request(asking()))).toBe('ok 1');
    expect(await textOf(await tunnel.request(asking()))).toBe('ok 3');
  });
});

describe("Ray's token", () => {
  test.each<['dashboard' | 'serve', string]>([
    ['dashboard', 'Bearer of-ray'],
    ['serve', 'none'],
  ])('is for %s: %s', async (service, expected) => {
    onRequest = ({ headers }, response) => response.end(headers.authorization ?? 'none');
    // The look-up of the product gives none for serve; here the head is the same for all.
    const serving = service === 'serve' ? localHeads() : localHeads('Bearer of-ray');
    const other = startAgent(gateway, { member: 'b', heads: serving, portOf: () => head.port });
    const answer = await (await tunnelOf(gateway, 'b')).request(asking({ service }));
    expect(await textOf(answer)).toBe(expected);
    await other.stop();
  });
});

describe('a slow reader', () => {
  test('holds the head up, and gets everything in the end', async () => {
    const total = 48 * 1024 * 1024;
    const bytes = randomBytes(total);
    let written = 0;
    onRequest = (_, response) => {
      const part = 64 * 1024;
      const source = new Readable({
        read() {
          if (written >= total) return void this.push(null);
          this.push(bytes.subarray(written, (written += part)));
        },
      });
      source.pipe(response);
    };
    const answer = await tunnel.request(asking());
    await eventually(() => expect(written).toBeGreaterThan(256 * 1024));
    // Nothing is read: what is under way is what windows and buffers of sockets hold.
    let before = -1;
    await eventually(
      () => {
        const now = written;
        const isStill = now === before;
        before = now;
        expect(isStill).toBe(true);
      },
      { everyMs: 200 },
    );
    expect(written).toBeLessThan(24 * 1024 * 1024);
    const hash = createHash('sha256');
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await new Promise(setImmediate);
    }
    expect(hash.digest('hex')).toBe(digest(bytes));
  });

  test('holds up nobody else', async () => {
    let written = 0;
    onRequest = ({ url }, response) => {
      if (url === '/fast') return void response.end('fast');
      new Readable({
        read() {
          written += 64 * 1024;
          this.push(Buffer.alloc(64 * 1024));
        },
      }).pipe(response);
    };
    const slow = await Promise.all([1, 2, 3, 4].map(() => tunnel.request(asking())));
    await eventually(() => expect(written).toBeGreaterThan(4 * 1024 * 1024));
    expect(await textOf(await tunnel.request(asking({ path: '/fast' })))).toBe('fast');
    for (const { body } of slow) body.destroy();
  });
});

describe('a websocket', () => {
  test('carries both directions, and what both ends agree on', async () => {
    const sockets = new WebSocketServer({ server: head.server, handleProtocols: () => 'v1' });
    let authorization: string | undefined;
    sockets.on('connection', (socket, request) => {
      ({ authorization } = request.headers);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    const { signal } = new AbortController();
    const target = { lease: testLease, service: 'dashboard', path: '/logs?a=1', signal } as const;
    const headers = { 'sec-websocket-protocol': 'v1, v2', 'sec-websocket-key': 'of-renter' };
    const { socket, headers: agreed } = await tunnel.connect({ ...target, headers });
    expect(agreed).toMatchObject({ 'sec-websocket-protocol': 'v1' });
    expect(authorization).toBe('Bearer of-ray');
    // A masked text frame: "hi" under a mask of zeros.
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    const [frame] = (await once(socket, 'data')) as [Buffer];
    expect(frame.toString('hex')).toBe('81026869');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (const client of sockets.clients) client.terminate();
    await closed;
    sockets.close();
  });

  test('that the head does not take says with which status', async () => {
    onRequest = (_, response) => response.writeHead(403).end();
    const { signal } = new AbortController();
    const target = {
      lease: testLease,
      service: 'dashboard',
      path: '/',
      headers: {},
      signal,
    } as const;
    expect(await faultOf(tunnel.connect(target))).toBe('NotUpgraded 403');
  });

  test('ends at the head when the renter leaves', async () => {
    const sockets = new WebSocketServer({ server: head.server });
    const { signal } = new AbortController();
    const target = { lease: testLease, service: 'serve', path: '/', headers: {}, signal } as const;
    const { socket } = await tunnel.connect(target);
    await eventually(() => expect(sockets.clients.size).toBe(1));
    socket.destroy();
    await eventually(() => expect(sockets.clients.size).toBe(0));
    sockets.close();
  });
});

describe('a call of gRPC', () => {
  const call = (request: Partial<TunnelRequest> = {}): TunnelRequest =>
    asking({
      ...{ service: 'client', method: 'POST', path: '/ray.rpc.RayletDriver/Datapath' },
      headers: { 'content-type': 'application/grpc', te: 'trailers' },
      ...request,
    });

  test('has both directions at once, metadata and trailers', async () => {
    let seen: Record<string, unknown> = {};
    onCall = (request, response) => {
      seen = { ...request.headers };
      response.setHeader('content-type', 'application/grpc');
      response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' });
      response.stream.additionalHeaders({ ':status': 103 });
      request.on('data', (chunk: Buffer) => response.write(chunk.toString().toUpperCase()));
      request.on('end', () => response.end());
    };
    const body = new PassThrough();
    body.write('one');
    const answer = await tunnel.request(call({ body }));
    const parts = answer.body.iterator({ destroyOnReturn: false });
    expect(String((await parts.next()).value)).toBe('ONE');
    body.end('two');
    expect(String((await parts.next()).value)).toBe('TWO');
    expect((await parts.next()).done).toBe(true);
    expect(answer.trailers()).toEqual({ 'grpc-status': '0', 'grpc-message': 'fine' });
    expect(seen).toMatchObject({
      ...{ te: 'trailers', 'content-type': 'application/grpc', authorization: 'Bearer of-ray' },
      ':path': '/ray.rpc.RayletDriver/Datapath',
    });
  });

  test('may have its status where others have headers', async () => {
    onCall = ({ stream }) => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' },
        { endStream: true },
      );
    };
    const answer = await tunnel.request(call({ body: Readable.from(['x']) }));
    expect(answer.headers).toMatchObject({ 'grpc-status': '16' });
    expect(await textOf(answer)).toBe('');
  });

  test('that the head cuts off is no success', async () => {
    let cut = (): unknown => undefined;
    onCall = ({ stream }) => {
      stream.respond({ ':status': 200 });
      stream.write('part');
      cut = () => stream.session?.destroy();
    };
    const answer = await tunnel.request(call({ body: Readable.from(['x']) }));
    cut();
    await expect(textOf(answer)).rejects.toThrow('cut it off');
  });

  test('waits for a slow renter, and is whole then', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    onCall = (_, response) => {
      response.addTrailers({ 'grpc-status': '0' });
      response.end(bytes);
    };
    const answer = await tunnel.request(call({ body: Readable.from(['x']) }));
    expect(digest(await bytesOf(answer, true))).toBe(digest(bytes));
    expect(answer.trailers()).toEqual({ 'grpc-status': '0' });
  });
});

describe('a fault inside the data centre', () => {
  test.each(['dashboard', 'client'] as const)('%s that takes no connections', async (service) => {
    ports[service] = 1;
    expect(await faultOf(tunnel.request(asking({ service })))).toBe('HeadUnreachable 502');
  });

  test('a websocket that takes no connections', async () => {
    ports['serve'] = 1;
    const { signal } = new AbortController();
    const target = { lease: testLease, service: 'serve', path: '/', headers: {}, signal } as const;
    expect(await faultOf(tunnel.connect(target))).toBe('HeadUnreachable 502');
  });

  test('a head that answers no HTTP', async () => {
    head.server.removeAllListeners('connection');
    head.server.on('connection', (socket) => socket.end('SSH-2.0-x\r\n'));
    expect(await faultOf(tunnel.request(asking()))).toBe('HeadFailed 502');
  });

  test('a head that does not answer in time', async () => {
    idleMs = 100;
    onRequest = () => undefined;
    expect(await faultOf(tunnel.request(asking()))).toBe('HeadTimeout 504');
  });

  test('a lease that is not here', async () => {
    const lease = 'lease-fedcba9876543210';
    expect(await faultOf(tunnel.request(asking({ lease })))).toBe('LeaseUnknown 404');
  });

  test('a path that is none', async () => {
    expect(await faultOf(tunnel.request(asking({ path: '/a b' })))).toBe('HeadFailed 400');
  });

  test('a method that is not let through', async () => {
    expect(await faultOf(tunnel.request(asking({ method: 'TRACE' })))).toBe('HeadFailed 400');
  });
});

describe('the limits of a lease', () => {
  test('requests that wait for the head', async () => {
    onRequest = () => undefined;
    const giveUp = new AbortController();
    const waiting = Array.from({ length: limits.waiting }, () =>
      faultOf(tunnel.request(asking({ signal: giveUp.signal }))),
    );
    await eventually(() => expect(agent.counted).toContain(`streams ${limits.waiting}`));
    expect(await faultOf(tunnel.request(asking()))).toBe('TooManyStreams 429');
    giveUp.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['Aborted 499']));
    onRequest = (_, response) => response.end('again');
    await eventually(() => expect(agent.counted.at(-2)).toBe('streams 0'));
    expect(await textOf(await tunnel.request(asking()))).toBe('again');
  });

  test('streams that are open', async () => {
    onRequest = (_, response) => response.write('x');
    const open: TunnelAnswer[] = [];
    for (let n = 0; n < limits.perLease; n += 1) open.push(await tunnel.request(asking()));
    expect(await faultOf(tunnel.request(asking()))).toBe('TooManyStreams 429');
    for (const { body } of open) body.destroy();
    onRequest = (_, response) => response.end('again');
    await eventually(() => expect(agent.counted.at(-2)).toBe('streams 0'));
    expect(await textOf(await tunnel.request(asking()))).toBe('again');
  });

  test('its end ends all of its streams at once', async () => {
    onRequest = (_, response) => response.write('x');
    const open = await Promise.all([1, 2, 3].map(() => tunnel.request(asking())));
    agent.server.endLease(testLease);
    await Promise.all(open.map((answer) => expect(textOf(answer)).rejects.toThrow('cut it off')));
  });
});
