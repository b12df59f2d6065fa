import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sha256 } from '../operator/runtime/sha256.ts';
import { Problem } from './problem.ts';
import { strictTransport } from './v1/security-headers.ts';

/** A file of the console, as it is sent. */
type Asset = Readonly<{
  type: string;
  tag: string;
  /** By what a browser accepts: `br`, `gzip`, and `identity`. */
  bodies: Readonly<Record<string, Buffer>>;
  isImmutable: boolean;
}>;

/** The files of the console by their path below `/console/`. They are kept in memory. */
export type ConsoleAssets = ReadonlyMap<string, Asset>;

const page = 'index.html';
const maxFiles = 2_000;
const maxBytes = 64 * 1024 * 1024;
const leastCompressed = 1_024;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const compressible = /^(text|application\/json|image\/svg)/;

/** The page runs what we built, talks to this site, and to nobody else. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/**
 * Reads the built console, once. `prefix` is the path that the site is below: the page names its assets
 * by it. Throws when the folder holds no console, or far too much for one.
 */
export async function readConsole(directory: string, prefix: string): Promise<ConsoleAssets> {
  const assets = new Map<string, Asset>();
  let bytes = 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = types[extname(entry.name)];
    const name = relative(directory, path).split(sep).join('/');
    // What the build says of itself is for tests.
    if (type === undefined || name === 'manifest.json') continue;
    const content = await readFile(path);
    bytes += content.length;
    if (assets.size >= maxFiles || bytes > maxBytes) {
      throw new Error(
        `${directory} holds more than a console: ${maxFiles} files, ${maxBytes} bytes`,
      );
    }
    assets.set(name, await assetOf(name, type, name === page ? below(content, prefix) : content));
  }
  if (!assets.has(page)) throw new Error(`${directory} has no ${page}: build the console first`);
  return assets;
}

/** The page is built for the root of a host. */
const below = (content: Buffer, prefix: string): Buffer =>
  Buffer.from(content.toString('utf8').replaceAll('="/console/', `="${prefix}/console/`));

async function assetOf(name: string, type: string, content: Buffer): Promise<Asset> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const isCompressed = compressible.test(type) && content.length >= leastCompressed;
  return {
    type,
    tag: `"${sha256(content).slice(0, 32)}"`,
    // Vite puts a hash of the content into their names.
    isImmutable: name.startsWith('assets/'),
    bodies: {
      identity: content,
      ...(isCompressed
        ? {
            br: await promisify(brotliCompress)(content, { params }),
            gzip: await promisify(gzip)(content, { level: 9 }),
          }
        : {}),
    },
  };
}

/** `GET /console/…`: the files, and the page for every other path, which the console itself reads. */
export function addConsoleRoutes(
  server: FastifyInstance,
  assets: ConsoleAssets,
  site: Readonly<{ prefix: string; domain: string }>,
): void {
  const home = `${site.prefix}/console/`;
  const headers = { ...pageHeaders, ...strictTransport(site) };
  for (const path of ['/', '/console']) {
    server.get(path, async (_, reply) => reply.headers(headers).redirect(home, 302));
  }
  server.get('/console/*', async (request, reply) => {
    const { '*': path } = request.params as { '*': string };
    const asset = assets.get(path);
    reply.headers(headers);
    if (asset !== undefined && path !== page) return send(request, reply, asset);
    const found = assets.get(page);
    if (path.startsWith('assets/') || found === undefined) {
      throw new Problem(404, 'NotFound', 'the console has no such file; load the page anew');
    }
    return send(request, reply, found);
  });
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const { type, tag, bodies, isImmutable } = asset;
  const isPage = type.startsWith('text/html');
  reply
    .type(type)
    .header('etag', tag)
    .header('vary', 'accept-encoding')
    .header('cache-control', cachingOf(isPage, isImmutable));
  if (request.headers['if-none-match'] === tag && !isPage) return reply.code(304).send();
  const accepted = (request.headers['accept-encoding'] ?? '').split(/[,;\s]+/);
  const coding = ['br', 'gzip'].find((each) => accepted.includes(each) && each in bodies);
  if (coding !== undefined) reply.header('content-encoding', coding);
  return reply.send(bodies[coding ?? 'identity']);
}

function cachingOf(isPage: boolean, isImmutable: boolean): string {
  if (isPage) return 'no-store';
  return isImmutable ? 'public, max-age=31536000, immutable' : 'public, max-age=300';
}
