import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type HealthCheck, HealthServer } from './health-server.ts';

let ready: HealthCheck[];
let metricsFail: boolean;
let server: HealthServer;
let base: string;

beforeEach(async () => {
  ready = [
    { name: 'informer/nodes', ok: true },
    { name: 'work', ok: true },
  ];
  metricsFail = false;
  server = new HealthServer({
    healthz: () => [{ name: 'event-loop', ok: true }],
    readyz: () => ready,
    metrics: async () => {
      if (metricsFail) throw new Error('secret detail');
      return { contentType: 'text/plain; version=0.0.4', text: 'up 1\n' };
    },
  });
  base = `http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
});
afterEach(() => server.close());

async function get(path: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(base + path, init);
  return [response.status, await response.text()];
}

test('a healthy process says ok, and everything when asked', async () => {
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/livez')).toEqual([200, 'ok\n']);
  expect(await get('/readyz?verbose')).toEqual([200, '[+]informer/nodes ok\n[+]work ok\n']);
});

test('an unready process says why', async () => {
  ready[0] = { name: 'informer/nodes', ok: false, message: 'not synced' };
  expect(await get('/readyz')).toEqual([503, '[-]informer/nodes failed: not synced\n']);
  expect(await get('/readyz?verbose')).toEqual([
    503,
    '[-]informer/nodes failed: not synced\n[+]work ok\n',
  ]);
  expect((await get('/healthz'))[0]).toBe(200);
});

test('metrics come with their content type, and a failure without its details', async () => {
  const response = await fetch(`${base}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  expect(await response.text()).toBe('up 1\n');
  metricsFail = true;
  expect(await get('/metrics')).toEqual([500, '']);
});

test('other paths and methods are refused', async () => {
  expect((await get('/'))[0]).toBe(404);
  expect((await get('/healthz', { method: 'POST', body: 'x' }))[0]).toBe(405);
});

test('a request with too many headers is refused', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nbig: ${'x'.repeat(10_000)}\r\n\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
});
