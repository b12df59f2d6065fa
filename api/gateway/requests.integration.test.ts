import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect, type Http2ServerResponse } from 'node:http2';
import type { Http2ServerRequest } from 'node:http2';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../operator/testing/eventually.ts';
import {
  GatewayWorld,
  rayToken,
  testCluster,
  toldBy,
  wholeAnswer,
} from '../testing/gateway-world.ts';

let world: GatewayWorld;
let seen: IncomingMessage[];
let onRequest: (request: IncomingMessage, response: ServerResponse) => void;
let onCall: (request: Http2ServerRequest, response: Http2ServerResponse) => void;
let echo: WebSocketServer;
const sessions: ClientHttp2Session[] = [];

beforeEach(async () => {
  seen = [];
  onRequest = (_, response) => response.end('ok');
  onCall = (_, response) => response.end();
  echo = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  echo.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  world = await GatewayWorld.start({
    http: (request, response) => {
      seen.push(request);
      onRequest(request, response);
    },
    grpc: (request, response) => onCall(request, response),
    onHttp: (server) =>
      server.on('upgrade', (request: IncomingMessage, socket, first) => {
        seen.push(request);
        echo.handleUpgrade(request, socket, first, (opened) => echo.emit('connection', opened));
      }),
  });
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await world.stop();
});

function openSession(): ClientHttp2Session {
  const opened = connect(world.url, { ca: world.ca });
  opened.on('error', () => undefined);
  sessions.push(opened);
  return opened;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a renter', () => {
  test('reaches what the cluster serves, with its path, and what Ray asks for', async () => {
    onRequest = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html', etag: '"1"' });
      response.end('<html>');
    };
    const path = `${testCluster}/dashboard/api/jobs/?limit=%2F`;
    const answer = await world.ask({ path, headers: { cookie: 'a=1', referer: 'https://api/x' } });
    expect(answer).toMatchObject({ status: 200, text: '<html>' });
    expect(answer.headers).toMatchObject({ etag: '"1"', 'cache-control': 'private, no-cache' });
    expect(seen[0]?.url).toBe('/api/jobs/?limit=%2F');
    expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${rayToken}`, cookie: 'a=1' });
    expect(JSON.stringify(seen[0]?.headers)).not.toMatch(/alice|team-a|referer/);
  });

  test('is sent to the dashboard from the cluster itself', async () => {
    for (const path of [testCluster, `${testCluster}/`, `${testCluster}/dashboard`]) {
      const { status, headers } = await world.ask({ path: `${path}?a=1` });
      expect([status, headers.location]).toEqual([302, `${testCluster}/dashboard/?a=1`]);
    }
    expect(await world.ask({ path: testCluster, method: 'POST' })).toMatchObject({ status: 405 });
    expect(seen).toEqual([]);
  });

  test('is kept below the cluster by locations and cookies', async () => {
    onRequest = (request, response) => {
      const { host } = request.headers;
      response.writeHead(302, { location: `http://${host}/next`, 'set-cookie': 'a=1; Path=/' });
      response.end();
    };
    const { headers } = await world.ask({ path: `${testCluster}/serve/app` });
    expect(headers.location).toBe(`${testCluster}/serve/next`);
    expect(headers['set-cookie']).toEqual([`a=1; Path=${testCluster}/serve/; Secure`]);
  });

  test('uploads and downloads much, over HTTP/1.1 and HTTP/2', async () => {
    onRequest = (request, response) => void request.pipe(response);
    const bytes = randomBytes(8 * 1024 * 1024);
    const request = world.open({ method: 'PUT', path: `${testCluster}/dashboard/api/packages/a` });
    const answered = once(request, 'response');
    request.end(bytes);
    const [response] = (await answered) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(digest(Buffer.concat(chunks))).toBe(digest(bytes));
    const stream = openSession().request({
      ...{ ':method': 'PUT', ':path': `${testCluster}/serve/`, authorization: 'Bearer alice' },
    });
    stream.end(bytes);
    const received: Buffer[] = [];
    for await (const chunk of stream) received.push(chunk as Buffer);
    expect(digest(Buffer.concat(received))).toBe(digest(bytes));
    expect(world.counted).toContain(`carried serve ${bytes.length} ${bytes.length}`);
  });

  test('is asked for a body only when it has somewhere to go', async () => {
    const request = world.open({ method: 'POST', headers: { expect: '100-continue' } });
    request.flushHeaders();
    await once(request, 'continue');
    const answer = wholeAnswer(request);
    request.end('x');
    expect((await answer).status).toBe(200);
    const refused = world.open({
      token: 'nobody',
      method: 'POST',
      headers: { expect: '100-continue' },
    });
    let asked = false;
    refused.on('continue', () => (asked = true));
    const told = wholeAnswer(refused);
    refused.flushHeaders();
    expect([toldBy(await told), asked]).toEqual(['401 Unauthenticated', false]);
    refused.destroy();
  });

  test('sees an answer that was cut off as one that is not whole', async () => {
    onRequest = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    };
    await expect(world.ask()).rejects.toThrow(/aborted|hang up/);
    const stream = openSession().request({
      ...{ ':path': `${testCluster}/dashboard/`, authorization: 'Bearer alice' },
    });
    stream.resume();
    await expect(once(stream, 'end')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
  });

  test('who leaves ends the work at the head', async () => {
    let ended = false;
    onRequest = (_, response) => {
      response.write('first');
      response.once('close', () => (ended = true));
    };
    const request = world.open();
    request.on('error', () => undefined);
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.once('error', () => undefined);
    await once(response, 'data');
    request.destroy();
    await eventually(() => expect(ended).toBe(true));
    await eventually(() => expect(world.counted).toContain('open dashboard 0'));
  });
});

describe('gRPC', () => {
  const call = (headers: Record<string, string> = {}) =>
    openSession().request({
      ...{ ':method': 'POST', ':path': `${testCluster}/client/ray.rpc.RayletDriver/Init` },
      ...{ authorization: 'Bearer alice', 'content-type': 'application/grpc', te: 'trailers' },
      ...headers,
    });

  test('has its trailers', async () => {
    onCall = (request, response) => {
      expect(request.headers).toMatchObject({
        te: 'trailers',
        authorization: `Bearer ${rayToken}`,
      });
      expect(request.url).toBe('/ray.rpc.RayletDriver/Init');
      response.writeHead(200, { 'content-type': 'application/grpc' });
      response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' });
      request.pipe(response);
    };
    const stream = call();
    stream.end('message');
    const trailers = once(stream, 'trailers');
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    expect(text).toBe('message');
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
  });

  test('has an answer of trailers alone', async () => {
    onCall = (request, response) => {
      request.resume();
      response.stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' },
        { endStream: true },
      );
    };
    const stream = call();
    stream.end('message');
    const [headers, flags] = (await once(stream, 'response')) as [Record<string, string>, number];
    expect(headers['grpc-status']).toBe('7');
    // END_STREAM: without it a client takes it for the beginning of an answer.
    expect(flags & 1).toBe(1);
  });

  test('goes both ways at once', async () => {
    onCall = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/grpc' });
      response.addTrailers({ 'grpc-status': '0' });
      request.on('data', (chunk: Buffer) => response.write(chunk));
      request.on('end', () => response.end());
    };
    const stream = call();
    for (const message of ['one', 'two', 'three']) {
      stream.write(message);
      expect(String((await once(stream, 'data'))[0])).toBe(message);
    }
    stream.end();
    await once(stream.resume(), 'end');
  });

  test('is not taken over HTTP/1.1', async () => {
    const path = `${testCluster}/client/x`;
    expect(toldBy(await world.ask({ path, method: 'POST' }))).toBe('426 Http2Required');
  });
});

describe('a websocket', () => {
  const open = (path: string, headers: Record<string, string> = {}, protocols: string[] = []) =>
    new WebSocket(`${world.url.replace('https', 'wss')}${path}`, protocols, {
      ...{ ca: world.ca, headers: { authorization: 'Bearer alice', ...headers } },
    });

  test('carries messages both ways, and its protocol', async () => {
    const socket = open(
      `${testCluster}/dashboard/logs/tail?x=1`,
      { cookie: 'authorization=x; b=2' },
      ['tail'],
    );
    await once(socket, 'open');
    expect(socket.protocol).toBe('tail');
    const bytes = randomBytes(300_000);
    socket.send(bytes);
    expect(digest(((await once(socket, 'message')) as [Buffer])[0])).toBe(digest(bytes));
    socket.close();
    await once(socket, 'close');
    expect(seen[0]?.url).toBe('/logs/tail?x=1');
    expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${rayToken}`, cookie: 'b=2' });
    await eventually(() => expect(world.counted).toContain('ended dashboard 101'));
  });

  test.each([
    ['nobody', `${testCluster}/dashboard/`, { authorization: 'Bearer nobody' }, 401],
    ['who may not', `${testCluster}/dashboard/`, { authorization: 'Bearer bob' }, 403],
    ['a path trick', `${testCluster}/dashboard/%2e%2e%2fserve/`, {}, 400],
    ['the access log', `${testCluster}/access-log`, {}, 400],
  ])('of %s is refused', async (_, path, headers, status) => {
    const socket = open(path, headers);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    socket.terminate();
    expect(seen).toEqual([]);
  });

  test('that the head refuses is refused as the head does', async () => {
    echo.handleUpgrade = (_request, socket) =>
      void socket.end('HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\n\r\n');
    const socket = open(`${testCluster}/serve/`);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(418);
    socket.terminate();
  });
});

test('what was asked is told in the log and the access log, without queries and tokens', async () => {
  await world.ask({
    path: `${testCluster}/dashboard/api/jobs/?secret=s3cret`,
    method: 'POST',
    body: 'abc',
  });
  await world.ask({ token: 'bob' });
  await world.ask({ token: 'nobody-s3cret' });
  const { text } = await world.ask({ path: `${testCluster}/access-log` });
  const { gateway, entries } = JSON.parse(text) as { gateway: string; entries: object[] };
  expect(gateway).toBe('api-0');
  expect(entries).toEqual([
    {
      ...{ time: expect.any(String), user: 'alice', method: 'POST', service: 'dashboard' },
      ...{
        path: '/api/jobs/',
        status: 200,
        receivedBytes: 3,
        sentBytes: 2,
        ms: expect.any(Number),
      },
    },
  ]);
  const requests = world.logged.filter((line) => line.includes('gateway request'));
  expect(requests).toHaveLength(4);
  expect(world.logged.join('')).not.toContain('s3cret');
  expect(requests[1]).toContain('"status":403');
});
