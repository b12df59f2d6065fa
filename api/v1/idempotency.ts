import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdempotencyKeys, KeyOf } from '../../operator/ports/idempotency-keys.ts';
import { errorFields, type Logger } from '../../operator/runtime/logger.ts';
import { sha256Bytes } from '../../operator/runtime/sha256.ts';
import { Problem } from '../problem.ts';
import { accessOf } from './auth/access.ts';
import { principalKey } from './auth/principal.ts';
import type { Sealer } from './auth/sealer.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The header Idempotency-Key names the request: sent again, it is answered again, not done again. */
    idempotent?: boolean;
  }
}

const keyPattern = /^[\x21-\x7e]{1,128}$/;
const retrySeconds = 1;
/** Longer answers are not kept; what such a request makes has to be asked for by its name. */
const maxAnswerLength = 200_000;
const nonceBytes = 12;
const tagBytes = 16;

type Ports = Readonly<{
  keys: IdempotencyKeys;
  sealer: Sealer;
  logger: Logger;
  clock: Readonly<{ now: () => number }>;
}>;

/**
 * Answers requests of routes with `config.idempotent` once for each key and caller. Answers are kept for a
 * day, sealed, since one may hold a secret that is told once. Refusals are not kept: they change.
 */
export function addIdempotency(server: FastifyInstance, ports: Ports): void {
  const { keys, logger, clock } = ports;
  const box = new AnswerBox(ports.sealer.derivedKey('idempotency'));
  const claimed = new WeakMap<FastifyRequest, KeyOf>();

  server.addHook('preValidation', async (request, reply) => {
    const of = keyIn(request);
    if (of === undefined) return;
    const claim = await keys.claim(of, namedBy(request), Math.floor(clock.now() / 1000));
    switch (claim.outcome) {
      case 'Claimed':
        claimed.set(request, of);
        return;
      case 'Reused':
        throw new Problem(409, 'KeyReused', 'this Idempotency-Key named another request before');
      case 'Busy': {
        const details = { retryAfterSeconds: retrySeconds };
        throw new Problem(409, 'StillWorking', 'a request with this key is worked on', details);
      }
      case 'Answered':
        await reply
          .code(claim.status)
          .header('idempotency-replayed', 'true')
          .type('application/json; charset=utf-8')
          .send(box.open(claim.answer));
    }
  });

  server.addHook('onSend', async (request, reply, payload) => {
    const of = claimed.get(request);
    if (of === undefined) return payload;
    claimed.delete(request);
    const { statusCode: status } = reply;
    const isKept = status < 300 && typeof payload === 'string' && payload.length <= maxAnswerLength;
    try {
      if (isKept) await keys.keep(of, status, box.seal(payload));
      else await keys.release(of);
    } catch (error) {
      // What was asked for is done. Sent again, it is done again once nobody seems to work on it.
      logger.warn(errorFields(error), 'the answer to an idempotent request was not kept');
    }
    return payload;
  });
}

function keyIn(request: FastifyRequest): KeyOf | undefined {
  if (request.routeOptions.config.idempotent !== true) return undefined;
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    const text = 'Idempotency-Key has to be 1 to 128 printable characters';
    throw new Problem(400, 'ValidationFailed', text);
  }
  return { caller: sha256Bytes(principalKey(accessOf(request).principal)), key };
}

const namedBy = ({ method, url, body, headers }: FastifyRequest): Uint8Array =>
  sha256Bytes(JSON.stringify([method, url, headers['if-match'] ?? '', body ?? null]));

/** Answers as they lie in the store: nobody reads them there. */
class AnswerBox {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(text: string): Uint8Array {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Throws a problem for what a server with another key sealed. */
  open(sealed: Uint8Array): Buffer {
    const nonce = sealed.subarray(0, nonceBytes);
    const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce);
      decipher.setAuthTag(tag);
      const text = decipher.update(sealed.subarray(nonceBytes + tagBytes));
      return Buffer.concat([text, decipher.final()]);
    } catch {
      const text =
        'it was done before, and its answer cannot be read any more; look at what it made';
      throw new Problem(409, 'AnswerLost', text);
    }
  }
}
