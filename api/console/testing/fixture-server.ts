import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { fixtureRoutes, type Scenario } from './fixtures/routes.ts';
import { accounts } from './fixtures/things.ts';
import { addWalletFixtures } from './fixtures/wallet.ts';

/** Looks at the built console without a hub: `node api/console/testing/fixture-server.ts --port 8080`. */

type Options = Readonly<{
  /** 0: any free one. */
  port?: number | undefined;
  /** Such as /io. */
  prefix?: string | undefined;
  scenario?: Scenario | undefined;
  /** Of the built console; default dist/console. */
  folder?: string | undefined;
}>;

type FixtureServer = Readonly<{
  url: string;
  setScenario: (scenario: Scenario) => void;
  close: () => Promise<void>;
}>;

const scenarios: readonly Scenario[] = [
  'usual',
  'empty',
  'hostile',
  'slow',
  'down',
  'large',
  'denied',
];
const slowMs = 2_500;
const heartbeatMs = 5_000;
const cookie = 'io-fixture-session';
const builtConsole = join(import.meta.dirname, '../../../dist/console');

/** As the contract has it for the real server. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

class Problem extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, detail: string) {
    super(detail);
    this.status = status;
    this.reason = reason;
  }
}

/** Serves dist/console and made-up answers; any token but `expired` signs in. */
export async function startFixtureServer({
  port = 0,
  prefix = '',
  scenario = 'usual',
  folder = builtConsole,
}: Options = {}): Promise<FixtureServer> {
  const state = { scenario };
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  server.register(async (api) => addApi(api, state), { prefix: `${prefix}/v1` });
  addConsole(server, prefix, folder);
  await server.listen({ port, host: '127.0.0.1' });
  const { port: listensOn } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${listensOn}${prefix}`,
    setScenario: (next) => {
      state.scenario = next;
    },
    close: () => server.close(),
  };
}

function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, reason, message } =
    error instanceof Problem ? error : new Problem(400, 'BadRequest', String(error));
  return reply
    .code(status)
    .header('retry-after', '2')
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({ title: reason, status, detail: message, reason });
}

function addApi(api: FastifyInstance, state: { scenario: Scenario }): void {
  api.addHook('onRequest', async () => {
    if (state.scenario === 'down') throw new Problem(503, 'Unavailable', 'the hub is away');
    if (state.scenario === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
  });
  for (const { method, path, answer, signedIn = false, status = 200 } of fixtureRoutes) {
    api.route({
      method,
      url: path,
      handler: async (request, reply) => {
        if (signedIn) requireSession(request, state.scenario);
        const body = answer({
          params: request.params as Record<string, string>,
          query: request.query as Record<string, string>,
          body: (request.body ?? {}) as Record<string, unknown>,
          scenario: state.scenario,
        });
        if (body === undefined) throw new Problem(404, 'NotFound', 'there is none of that name');
        return reply
          .code(status)
          .type(typeof body === 'string' ? 'text/csv; charset=utf-8' : 'application/json')
          .send(body);
      },
    });
  }
  addSession(api, state);
  addWalletFixtures(api, (request) => requireSession(request, state.scenario));
  for (const path of ['/events', '/network/events']) {
    api.get(path, (request, reply) => streamEvents(request, reply, state));
  }
}

function addSession(api: FastifyInstance, state: { scenario: Scenario }): void {
  api.get('/session', async (request) => {
    const via = requireSession(request, 'usual');
    const none = state.scenario === 'denied';
    const own = none ? [] : accounts(state.scenario === 'hostile');
    return {
      username: 'system:serviceaccount:research:alice',
      via,
      displayName: state.scenario === 'hostile' ? '<script>alert(1)</script>' : 'alice',
      accounts: own.map(({ namespace, name, kind }) => ({ namespace, name, kind })),
      namespaces: none ? [] : ['research', 'suppliers'],
    };
  });
  api.delete('/session', async (_request, reply) =>
    reply.header('set-cookie', `${cookie}=; Path=/; Max-Age=0`).code(204).send(),
  );
  api.post('/session/wallet', async (_request, reply) =>
    reply.header('set-cookie', `${cookie}=1; Path=/; HttpOnly; SameSite=Strict`).code(204).send(),
  );
}

function requireSession(request: FastifyRequest, scenario: Scenario): 'token' | 'wallet' {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const byCookie = request.headers.cookie?.includes(`${cookie}=1`) === true;
  if ((token === undefined && !byCookie) || token === 'expired') {
    throw new Problem(401, 'Unauthenticated', 'the token is not one that the hub takes');
  }
  if (scenario === 'denied') throw new Problem(403, 'Forbidden', 'you have no right to see this');
  return token === undefined ? 'wallet' : 'token';
}

function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  state: { scenario: Scenario },
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  raw.write(': hello\n\n');
  const timer = setInterval(() => {
    if (state.scenario === 'down') raw.end();
    else raw.write('event: network\ndata: {}\n\n');
  }, heartbeatMs);
  // Who was answered slowly may be gone before this: then there is no close to hear of.
  timer.unref();
  request.raw.on('close', () => clearInterval(timer));
}

function addConsole(server: FastifyInstance, prefix: string, folder: string): void {
  server.get(`${prefix}/`, (_request, reply) => reply.redirect(`${prefix}/console/`));
  server.get(`${prefix}/console/*`, async (request, reply) => {
    const { '*': path = '' } = request.params as { '*'?: string };
    const file = normalize(join(folder, path));
    if (path.startsWith('assets/') && file.startsWith(folder)) {
      const content = await readFile(file).catch(() => undefined);
      if (content === undefined) return reply.code(404).send();
      return reply
        .type(types[extname(file)] ?? 'application/octet-stream')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .send(content);
    }
    const index = await readFile(join(folder, 'index.html'), 'utf8');
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policy)
      .send(index.replaceAll('="/console/', `="${prefix}/console/`));
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      prefix: { type: 'string', default: '' },
      scenario: { type: 'string', default: 'usual' },
    },
  });
  const scenario = scenarios.find((known) => known === values.scenario);
  if (scenario === undefined) throw new Error(`--scenario is one of ${scenarios.join(', ')}`);
  const { url } = await startFixtureServer({
    port: Number(values.port),
    prefix: values.prefix,
    scenario,
  });
  console.log(`${url}/console/`);
}
