import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConsole } from './console-assets.ts';
import { V1World, worldSite } from './testing/v1-world.ts';

const prefix = '/gpu';
const script = `console.log(${JSON.stringify('x'.repeat(5_000))});`;
let directory: string;
let world: V1World;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'console-'));
  mkdirSync(join(directory, 'assets'));
  const page = '<!doctype html><script type="module" src="/console/assets/index-AbC.js"></script>';
  writeFileSync(join(directory, 'index.html'), page);
  writeFileSync(join(directory, 'assets/index-AbC.js'), script);
  writeFileSync(join(directory, 'manifest.json'), '{}');
  writeFileSync(join(directory, 'assets/index-AbC.js.map'), '{}');
  const console = await readConsole(directory, prefix);
  world = await V1World.start({ console, ports: { site: { ...worldSite, prefix } } });
}, 60_000);
afterAll(async () => {
  await world.stop();
  rmSync(directory, { recursive: true });
});

async function load(path: string, headers: Record<string, string> = {}) {
  const request = world.server.open({ path, method: 'GET', client: null, headers });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) };
}

describe.each([
  ['as a proxy passes it on', '/gpu'],
  ['as a proxy cuts it', ''],
])('below a path, %s', (_, asked) => {
  test.each([
    '/console/',
    '/console/cloud/clusters/a/b',
    '/console/%3Cscript%3E',
    '/console/index.html',
  ])('%s is the page, which names its assets by where it is', async (path) => {
    const { status, headers, body } = await load(`${asked}${path}`);
    expect(status).toBe(200);
    expect(body.toString()).toContain('src="/gpu/console/assets/index-AbC.js"');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/,
      ),
      'strict-transport-security': 'max-age=31536000',
    });
  });

  test('people who come to the root are led there', async () => {
    for (const path of ['/', '/console']) {
      const { status, headers } = await load(`${asked}${path}`);
      expect([status, headers.location]).toEqual([302, '/gpu/console/']);
    }
  });

  test('the API is there', async () => {
    const { status } = await load(`${asked}/v1/site`);
    expect(status).toBe(200);
  });
});

test.each([
  ['br', (body: Buffer) => brotliDecompressSync(body)],
  ['gzip', (body: Buffer) => gunzipSync(body)],
  [undefined, (body: Buffer) => body],
])('an asset comes compressed as %s, and for ever', async (coding, plain) => {
  const accepted = coding === undefined ? {} : { 'accept-encoding': `deflate, ${coding};q=0.9` };
  const { status, headers, body } = await load('/gpu/console/assets/index-AbC.js', accepted);
  expect([status, headers['content-encoding']]).toEqual([200, coding]);
  expect(headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  });
  expect(plain(body).toString()).toBe(script);
  const known = { 'if-none-match': String(headers.etag) };
  expect((await load('/gpu/console/assets/index-AbC.js', known)).status).toBe(304);
});

test.each([
  '/gpu/console/assets/gone.js',
  '/gpu/console/assets/../../../../etc/passwd',
  '/gpu/console/assets/index-AbC.js.map',
])('%s is not there, and no page in its place', async (path) => {
  expect((await load(path)).status).toBe(404);
});

test('what the build says of itself is not told', async () => {
  const { body } = await load('/gpu/console/manifest.json');
  expect(body.toString()).toContain('<!doctype html>');
});

test('a folder without a console is refused', async () => {
  await expect(readConsole(join(directory, 'assets'), '')).rejects.toThrow(
    /build the console first/,
  );
});
