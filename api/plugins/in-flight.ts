import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer goes on for long, and is bounded elsewhere. */
    stream?: boolean;
  }
}

/** Refuses what comes on top of what can be worked on at once, before anything is done about it. */
export function limitInFlight(
  server: FastifyInstance,
  { most, retryAfterSeconds }: Readonly<{ most: number; retryAfterSeconds: number }>,
): void {
  let inFlight = 0;
  const counted = new WeakSet<FastifyRequest>();
  const leave = async (request: FastifyRequest): Promise<void> => {
    if (counted.delete(request)) inFlight -= 1;
  };
  server.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.stream === true) return;
    if (inFlight >= most) {
      throw new Problem(503, 'Overloaded', 'the server is busy; send it again', {
        retryAfterSeconds,
      });
    }
    inFlight += 1;
    counted.add(request);
  });
  server.addHook('onResponse', leave);
  server.addHook('onRequestAbort', leave);
}
