import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { dispatch, type DispatchOptions, failure } from './rpc/dispatch.ts';
import { stringify } from './rpc/json.ts';
import { overLimit, parseError } from './rpc/rpc-error.ts';

const json = 'application/json; charset=utf-8';
const requestTimeoutMs = 30_000;
const maxConnections = 1_024;

export type HttpLimits = Readonly<{ bodyBytes: number; requests: number }>;

/** JSON-RPC over HTTP. It does not listen yet. */
export function httpServer(options: DispatchOptions, limits: HttpLimits): FastifyInstance {
  const server: FastifyInstance = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    logger: false,
  });
  server.server.maxConnections = maxConnections;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  // Wallets are pages of other origins; all that is here to take is play money.
  server.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*');
  });
  server.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const tooLarge = error.statusCode === 413;
    const problem = tooLarge
      ? overLimit(`a body has at most ${limits.bodyBytes} bytes`)
      : parseError();
    return reply
      .code(tooLarge ? 413 : 400)
      .type(json)
      .send(stringify(failure(null, problem)));
  });
  server.options('/', (_request, reply) =>
    reply
      .header('access-control-allow-methods', 'POST, GET, OPTIONS')
      .header('access-control-allow-headers', '*')
      .code(204)
      .send(),
  );
  server.get('/health', (_request, reply) => reply.type('text/plain').send('ok'));
  let running = 0;
  server.post('/', async (request, reply) => {
    if (running >= limits.requests)
      return tooMany(reply, `${limits.requests} requests are running`);
    running += 1;
    try {
      const text = typeof request.body === 'string' ? request.body : '';
      return await answer(text, reply, options);
    } finally {
      running -= 1;
    }
  });
  return server;
}

async function answer(text: string, reply: FastifyReply, options: DispatchOptions) {
  const answers = await dispatch(text, options);
  switch (answers) {
    case undefined:
      return reply.code(204).send();
    case 'too-many-requests':
      return tooMany(reply, 'Too many requests for a specific RPC call');
    case 'stall':
      // The client waits until it gives up, or until the server closes.
      return reply.hijack();
    case 'lose-answer':
      reply.hijack();
      reply.raw.destroy();
      return reply;
    default:
      return reply.type(json).send(stringify(answers));
  }
}

function tooMany(reply: FastifyReply, why: string) {
  const body = { jsonrpc: '2.0', id: null, error: { code: 429, message: why } };
  return reply.code(429).header('retry-after', '1').type(json).send(stringify(body));
}
