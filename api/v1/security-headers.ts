import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Site } from './ports.ts';

/** Answers are data: whoever opens one in a browser runs nothing of it, and frames nothing. */
const headers = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Sets headers of security, where a route has not set its own. */
export function addSecurityHeaders(server: FastifyInstance, site: Pick<Site, 'domain'>): void {
  const all = { ...headers, ...strictTransport(site) };
  server.addHook('onRequest', async (_, reply) => {
    reply.headers(all);
  });
}

/** Not for addresses, localhost and other ports: such a host has more servers than this one. */
export function strictTransport({ domain }: Pick<Site, 'domain'>): Record<string, string> {
  if (isIP(domain) !== 0 || domain === 'localhost' || domain.includes(':')) return {};
  return { 'strict-transport-security': 'max-age=31536000' };
}
