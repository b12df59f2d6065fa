import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sha256Bytes } from '../../operator/runtime/sha256.ts';

/** 128 bits of it are enough to tell two answers apart. */
const tagLength = 22;

/**
 * Every answer to a GET has an ETag, and is sent only to who does not have it yet. Answers of public
 * routes may be kept for a few seconds by anybody, all others only by the browser, which asks each time.
 */
export function addEtags(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      return payload;
    }
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    if (!reply.hasHeader('etag')) {
      reply.header('etag', `"${sha256Bytes(payload).toString('base64url').slice(0, tagLength)}"`);
    }
    if (!reply.hasHeader('cache-control')) {
      const isPublic = request.routeOptions.config.access === 'public';
      reply.header('cache-control', isPublic ? 'public, max-age=5' : 'private, no-cache');
      if (!isPublic) reply.header('vary', 'authorization, cookie');
    }
    if (!isKnown(request, String(reply.getHeader('etag')))) return payload;
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return null;
  });
}

function isKnown({ headers }: FastifyRequest, tag: string): boolean {
  const known = (headers['if-none-match'] ?? '').split(',').map((each) => each.trim());
  // Proxies that compress turn a tag into a weak one.
  return known.some((each) => each === '*' || each === tag || each === `W/${tag}`);
}
