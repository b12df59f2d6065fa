import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keepEpochSums } from '../../operator/adapters/postgres/public-reader.ts';
import { writeHistory } from '../../operator/testing/ledger-history.ts';
import { eventually } from '../../operator/testing/eventually.ts';
import { walletNamed } from '../../operator/testing/wallet.ts';
import { seedSmallWorld } from '../testing/seeded-views.ts';
import { type As, V1World } from '../testing/v1-world.ts';

const wallet = walletNamed('listener');
/** While a test says so, no time passes for buckets. */
let stoppedAtMs: number | undefined;
let world: V1World;
let namespace: string;

beforeAll(async () => {
  const monotonicMs = (): number => stoppedAtMs ?? performance.now();
  world = await V1World.start({ ports: { clock: { now: () => Date.now(), monotonicMs } } });
  namespace = await world.cluster.uniqueNamespace('public');
  await writeHistory(world.database.writer, 3, 11);
  await seedSmallWorld(world.database.writer, {
    ...{ namespace, cluster: 'one', account: 'renter', member: 'm', device: 'd', slashCase: 'c' },
    wallet: wallet.address,
  });
}, 120_000);
afterAll(() => world.stop());

type Listed<T> = { items: T[]; next?: string };

test('pages of epochs and of events follow one another, and end', async () => {
  for (const path of ['/v1/epochs', '/v1/chain/events']) {
    const { body: whole } = await world.send(`${path}?limit=200`);
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await world.send(`${path}?limit=2${cursor}`);
      const { items, next } = body as Listed<unknown>;
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items);
      cursor = next === undefined ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual((whole as Listed<unknown>).items);
  }
});

test('what epochs used is the same once it was summed up and kept', async () => {
  const { body } = await world.send('/v1/epochs');
  await keepEpochSums(world.database.writer);
  await keepEpochSums(world.database.writer);
  expect((await world.send('/v1/epochs')).body).toEqual(body);
  const { items } = body as Listed<{ deviceSeconds: string }>;
  expect(items.some(({ deviceSeconds }) => Number(deviceSeconds) > 0)).toBe(true);
});

test.each([
  ['/v1/epochs?limit=0', 'limit'],
  ['/v1/epochs?limit=201', 'limit'],
  ['/v1/epochs?limit=1&limit=2', 'limit'],
  ['/v1/epochs?page=2', 'page'],
  ['/v1/epochs/first', 'epoch'],
  ['/v1/network/history?hours=99999', 'hours'],
  ['/v1/chain/events?kind=%27%3B--', 'kind'],
  ['/v1/network/models/%3Cscript%3E/prices', 'model'],
])('%s is refused, with the field', async (path, field) => {
  const { status, body } = await world.send(path);
  expect(status).toBe(400);
  expect(body).toMatchObject({ reason: 'ValidationFailed', errors: [{ field }] });
});

test('an event of one kind is found by its kind, and its cursor is for that kind', async () => {
  const { body } = await world.send('/v1/chain/events?limit=1&kind=Staked');
  const { items, next } = body as Listed<{ kind: string; asset: string; amount: string }>;
  expect(items).toEqual([expect.objectContaining({ kind: 'Staked', asset: 'IO' })]);
  expect(items[0]?.amount).toMatch(/^\d+\.\d{2,8}$/);
  const other = await world.send(`/v1/chain/events?cursor=${next}`);
  expect(other).toMatchObject({ status: 400, body: { reason: 'UnknownCursor' } });
});

test('an answer has a tag, and is not sent to who has it', async () => {
  const first = await world.send('/v1/epochs/1');
  const tag = String(first.headers['etag']);
  expect(first.headers).toMatchObject({
    'cache-control': 'public, max-age=5',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
  });
  for (const known of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
    const again = await world.send('/v1/epochs/1', undefined, {
      headers: { 'if-none-match': known },
    });
    expect(again).toMatchObject({ status: 304, body: {} });
  }
  const changed = await world.send('/v1/epochs/2', undefined, {
    headers: { 'if-none-match': tag },
  });
  expect(changed.status).toBe(200);
});

test('what is private is kept by nobody but the browser', async () => {
  const { headers } = await world.send('/v1/session', world.wallet(wallet.address));
  expect(headers).toMatchObject({
    'cache-control': 'private, no-cache',
    vary: 'authorization, cookie',
  });
});

test('the hash of a bundle, and the chain, can be computed from its files', async () => {
  const { body } = await world.send('/v1/epochs/2/bundle');
  const manifest = body as {
    sha256: string;
    chain: string;
    files: { name: string; bytes: number; sha256: string }[];
  };
  let lines = '';
  const texts = new Map<string, string>();
  for (const { name, bytes, sha256 } of manifest.files) {
    const { text } = await world.read(`/v1/epochs/2/bundle/${name}`);
    expect([Buffer.byteLength(text), hashOf(text)]).toEqual([bytes, sha256]);
    lines += `${sha256}  ${name}\n`;
    texts.set(name, text);
  }
  expect(manifest.files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['epoch.json', 'rewards.json', 'chain-events.csv']),
  );
  expect(hashOf(lines)).toBe(manifest.sha256);
  const epoch = JSON.parse(texts.get('epoch.json') ?? '') as Record<string, string>;
  const before = Buffer.from(`${epoch['previousChain']}${epoch['digest']}`, 'hex');
  expect(createHash('sha256').update(before).digest('hex')).toBe(manifest.chain);
  expect((await world.send('/v1/epochs/9/bundle')).status).toBe(404);
  expect((await world.send('/v1/epochs/2/bundle/other.json')).status).toBe(404);
});

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the document and its page are there', async () => {
  const { body } = await world.send('/v1/openapi.json');
  expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Test API' } });
  const page = await world.read('/v1/docs');
  expect(page.headers['content-security-policy']).not.toContain('script-src');
  expect(page.text).toContain('GET /v1/epochs');
  expect((await world.read('/v1/docs.css')).headers['content-type']).toMatch(/^text\/css/);
});

/** A stream of events, and what came of it. */
async function listen(path: string, as?: As) {
  const headers = world.credential(as);
  const request = world.server.open({ path, method: 'GET', client: null, headers });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  let isOver = false;
  response.setEncoding('utf8').on('data', (part: string) => void (text += part));
  for (const event of ['end', 'close', 'error']) response.on(event, () => void (isOver = true));
  return {
    response,
    text: () => text,
    isOver: () => isOver,
    close: () => request.destroy(),
  };
}

describe('a stream of events', () => {
  test('tells everybody of the network, and of nothing else', async () => {
    const stream = await listen('/v1/network/events');
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    world.tell({ kind: 'cluster', scope: namespace, name: 'one' });
    world.tell({ kind: 'network', scope: '', name: '' });
    await eventually(() => expect(stream.text()).toContain('event: network\ndata: {}\n\n'));
    expect(stream.text()).not.toContain('cluster');
    stream.close();
  });

  test('tells somebody what they may see', async () => {
    const token = await world.token(namespace, { ioclusters: ['get', 'list'] });
    const stream = await listen('/v1/events', token);
    world.tell({ kind: 'cluster', scope: 'somewhere-else', name: 'secret' });
    world.tell({ kind: 'account', scope: namespace, name: 'renter' });
    world.tell({ kind: 'cluster', scope: namespace, name: 'one' });
    const told = `event: cluster\ndata: {"scope":"${namespace}","name":"one"}\n\n`;
    await eventually(() => expect(stream.text()).toContain(told));
    expect(stream.text()).not.toMatch(/secret|account/);
    stream.close();
  });

  test('is for who is signed in, and not for too many at once', async () => {
    expect((await world.send('/v1/events')).status).toBe(401);
    const as = world.wallet(walletNamed('many pages').address);
    const streams = await Promise.all(Array.from({ length: 8 }, () => listen('/v1/events', as)));
    expect(streams.map(({ response }) => response.statusCode)).toEqual(Array(8).fill(200));
    const refused = await world.send('/v1/events', as);
    expect(refused).toMatchObject({ status: 503, body: { reason: 'TooManyStreams' } });
    streams[0]?.close();
    await eventually(async () => {
      const next = await listen('/v1/events', as);
      next.close();
      expect(next.response.statusCode).toBe(200);
    });
    for (const { close } of streams) close();
  });

  test('goes over HTTP/2 as well', async () => {
    const session: ClientHttp2Session = connect(`https://127.0.0.1:${world.server.port}`, {
      ca: world.server.authority.certificatePem,
    });
    const stream = session.request({ ':path': '/v1/network/events' });
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => void (text += part));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    world.tell({ kind: 'epoch', scope: '', name: '' });
    await eventually(() => expect(text).toContain('event: epoch'));
    session.destroy();
  });
});

test('who asks too often waits; others do not', async () => {
  stoppedAtMs = performance.now();
  const busy = world.wallet(walletNamed('busy').address);
  const answers = await Promise.all(Array.from({ length: 90 }, () => world.send('/v1/site', busy)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBe(30);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  const calm = world.wallet(walletNamed('calm').address);
  expect((await world.send('/v1/site', calm)).status).toBe(200);
  stoppedAtMs += 1_000;
  expect((await world.send('/v1/site', busy)).status).toBe(200);
  stoppedAtMs = undefined;
});

test('streams end when the server closes, which then does not wait for them', async () => {
  const other = await V1World.start();
  const request = other.server.open({ path: '/v1/network/events', method: 'GET', client: null });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const ended = once(response.resume(), 'end');
  await other.server.server.close();
  await expect(ended).resolves.toBeDefined();
  await other.stop();
});
