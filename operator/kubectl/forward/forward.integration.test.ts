import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { RayGateway } from '../../testing/kubectl/ray-gateway.ts';
import { type Renter, renterOf } from '../../testing/kubectl/renter.ts';
import { type Running, Typist } from '../../testing/kubectl/typed.ts';

/** `kubectl io port-forward` with real clients on its ports, over real TLS to the gateway. */
let typist: Typist;
let renter: Renter;
let ray: RayGateway;
let folder: string;
let running: Running;
let ports: Readonly<Record<string, number>>;

beforeAll(async () => {
  [typist, folder] = await Promise.all([Typist.start(), mkdtemp(join(tmpdir(), 'forward-'))]);
  renter = await renterOf(testCluster());
  ray = await RayGateway.start(`${renter.namespace}/first`);
  ray.accepted.add(renter.token);
  await writeFile(join(folder, 'ca.pem'), ray.caPem);
  const flags = `--gateway=${ray.url} --gateway-ca=${join(folder, 'ca.pem')}`;
  const line = `io port-forward first ${flags} dashboard:0 serve:0 client:0`;
  running = typist.type(line, renter.kubeconfig);
  await eventually(() => expect(running.stdout()).toContain('to client'), { withinMs: 30_000 });
  ports = Object.fromEntries(
    [...running.stdout().matchAll(/127\.0\.0\.1:([0-9]+) to (\w+)/g)].map(
      ([, port, service = '']) => [service, Number(port)],
    ),
  );
}, 60_000);

afterAll(async () => {
  running?.child.kill('SIGINT');
  expect(await running?.ended).toMatchObject({ code: 0 });
  await Promise.all([typist?.stop(), ray?.stop(), renter?.close()]);
  await rm(folder, { recursive: true, force: true });
});

const at = (service: string): string => `http://127.0.0.1:${ports[service]}`;
const below = (rest: string): string => `/clusters/${renter.namespace}/first/${rest}`;

describe('the port of a page', () => {
  test('adds the token and the path, and keeps the answer', async () => {
    const answer = await fetch(`${at('dashboard')}/api/x?y=%2F`, {
      method: 'PUT',
      body: 'hello',
      headers: { authorization: 'Bearer of-something-else', cookie: 'a=b' },
    });
    expect(await answer.text()).toBe('PUT dashboard/api/x?y=%2F hello');
    expect(ray.seen.at(-1)).toBe(`PUT ${below('dashboard/api/x?y=%2F')}`);
    expect(ray.lastHeaders).toMatchObject({
      authorization: `Bearer ${renter.token}`,
      cookie: 'a=b',
    });
    expect(ray.lastHeaders['host']).toBe(new URL(ray.url).host);
  });

  test('leads a redirect to itself', async () => {
    const answer = await fetch(`${at('serve')}/redirect`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/moved']);
  });

  test('speaks the Jobs API to a client of Ray', async () => {
    ray.job('here', { log: 'the log\n' });
    const answer = await fetch(`${at('dashboard')}/api/jobs/here/logs`);
    expect(await answer.json()).toEqual({ logs: 'the log\n' });
  });

  test('passes refusals on', async () => {
    ray.faults.push({ path: '/busy', status: 429, times: 1 });
    const answer = await fetch(`${at('serve')}/busy`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      429,
      'application/problem+json',
    ]);
  });

  test('carries a body of megabytes', async () => {
    const body = 'x'.repeat(8 * 2 ** 20);
    const answer = await fetch(`${at('serve')}/big`, { method: 'POST', body });
    expect((await answer.text()).length).toBe('POST serve/big '.length + body.length);
  });

  test.each([
    ['a name that leads here', { host: 'evil.example' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['an image of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses %s, and asks the gateway nothing', async (_, headers) => {
    const before = ray.seen.length;
    const request = httpRequest(`${at('dashboard')}/api/jobs/`, { method: 'POST', headers });
    request.end('{}');
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(403);
    expect(await text(response)).toContain('port');
    expect(ray.seen.length).toBe(before);
  });

  test('is on 127.0.0.1 only', async () => {
    const socket = connectTcp({ host: '127.0.0.2', port: ports['dashboard'] ?? 0 });
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a websocket', () => {
  test('passes, with the token', async () => {
    const socket = new WebSocket(`${at('dashboard').replace('http', 'ws')}/echo`);
    await once(socket, 'open');
    socket.send('hello');
    const [data] = await once(socket, 'message');
    expect(String(data)).toBe('echo hello');
    expect(ray.lastHeaders['authorization']).toBe(`Bearer ${renter.token}`);
    socket.close();
    await once(socket, 'close');
  });

  test('follows the log of a job', async () => {
    ray.job('tailed', { log: 'first\n' });
    const socket = new WebSocket(
      `${at('dashboard').replace('http', 'ws')}/api/jobs/tailed/logs/tail`,
    );
    const [data] = await once(socket, 'message');
    expect(String(data)).toBe('first\n');
    ray.end('tailed', 'SUCCEEDED');
    await once(socket, 'close');
  });

  test('of another site is refused', async () => {
    const url = `${at('dashboard').replace('http', 'ws')}/echo`;
    const socket = new WebSocket(url, { origin: 'https://evil.example' });
    const [error] = await once(socket, 'error');
    expect(error.message).toContain('403');
  });
});

describe('gRPC', () => {
  const call = async (path: string, headers = {}, body = 'message') => {
    const session = connectHttp2(at('client'));
    const stream = session.request({
      ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
      ...headers,
    });
    let trailers = {};
    stream.on('trailers', (found) => (trailers = found));
    const answered = once(stream, 'response');
    stream.end(body);
    const [response] = await answered;
    const answer = await text(stream);
    session.close();
    return { response, answer, trailers };
  };

  test('passes with its trailers and the token', async () => {
    const { response, answer, trailers } = await call('/ray.rpc.RayletDriver/Init', {
      authorization: 'Bearer of-something-else',
    });
    expect([response[':status'], answer]).toEqual([200, 'message']);
    expect(trailers).toMatchObject({ 'grpc-status': '0', 'x-end': 'yes' });
    expect(ray.seen.at(-1)).toBe(`GRPC ${below('client/ray.rpc.RayletDriver/Init')}`);
    expect(ray.lastHeaders['authorization']).toBe(`Bearer ${renter.token}`);
  });

  test('streams both ways', async () => {
    const session = connectHttp2(at('client'));
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/s/Stream', 'content-type': 'application/grpc' },
    });
    stream.setEncoding('utf8');
    for (const word of ['one', 'two', 'three']) {
      stream.write(word);
      const [data] = await once(stream, 'data');
      expect(data).toBe(word);
    }
    stream.end();
    await once(stream, 'close');
    session.close();
  });

  test('gets errors as gRPC has them', async () => {
    expect((await call('/s/Refuse')).response).toMatchObject({ 'grpc-status': '5' });
    ray.faults.push({ path: '/s/Away', status: 503, times: 1 });
    const { response } = await call('/s/Away');
    expect(response).toMatchObject({ ':status': 200, 'grpc-status': '14' });
  });

  test('of another name is refused', async () => {
    const { response } = await call('/s/Stream', { ':authority': 'evil.example' });
    expect(response).toMatchObject({ 'grpc-status': '7' });
  });
});

test('a port that is taken is told, and nothing is left listening', async () => {
  const taken = `dashboard:${ports['dashboard']}`;
  const flags = `--gateway=${ray.url} --gateway-ca=${join(folder, 'ca.pem')}`;
  const line = `io port-forward first ${flags} serve:0 ${taken}`;
  const said = await typist.type(line, renter.kubeconfig).ended;
  expect(said.code).toBe(1);
  expect(said.stderr).toContain(`port ${ports['dashboard']} is taken: name another`);
});
