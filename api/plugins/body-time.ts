import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Ends connections whose body does not come in time: its sender holds a place and sends nothing. */
export function limitBodyTime(server: FastifyInstance, ms: number): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const cancel = async (request: FastifyRequest): Promise<void> =>
    clearTimeout(timers.get(request));
  server.addHook('onRequest', async (request) => {
    timers.set(
      request,
      setTimeout(() => request.raw.destroy(), ms),
    );
  });
  server.addHook('preHandler', cancel);
  server.addHook('onResponse', cancel);
  server.addHook('onRequestAbort', cancel);
}
