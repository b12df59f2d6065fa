import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IntakeMetrics } from '../../operator/ports/intake-metrics.ts';
import { Problem } from '../problem.ts';
import { memberOf } from './member-identity.ts';

/** How much is worked on at once; what comes on top of it is refused before its body is read. */
export type AdmissionLimits = Readonly<{
  requests: number;
  /** Sum of the bodies' declared lengths. */
  bytes: number;
  requestsPerMember: number;
}>;

type Place = Readonly<{ member: string; bytes: number }>;

const retrySeconds = 2;

/** Bounds requests and memory. A body needs a length, so that it can be counted beforehand. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #metrics: IntakeMetrics;
  readonly #byMember = new Map<string, number>();
  readonly #places = new WeakMap<FastifyRequest, Place>();
  #requests = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits, metrics: IntakeMetrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Adds the hooks. The identity of the sender has to be known before. */
  addTo(server: FastifyInstance): void {
    server.addHook('onRequest', async (request) => this.#enter(request));
    server.addHook('onResponse', async (request) => this.#leave(request));
    server.addHook('onRequestAbort', async (request) => this.#leave(request));
  }

  #enter(request: FastifyRequest): void {
    const bytes = bodyBytes(request);
    const member = memberOf(request);
    const mine = this.#byMember.get(member) ?? 0;
    const details = { retryAfterSeconds: retrySeconds };
    if (mine >= this.#limits.requestsPerMember) {
      const text = `${mine} requests of this member are worked on; wait for their answers`;
      throw new Problem(429, 'TooManyRequests', text, details);
    }
    if (this.#requests >= this.#limits.requests || this.#bytes + bytes > this.#limits.bytes) {
      const text = 'the server is busy; nothing is lost, send it again';
      throw new Problem(503, 'Overloaded', text, details);
    }
    this.#places.set(request, { member, bytes });
    this.#byMember.set(member, mine + 1);
    this.#requests += 1;
    this.#bytes += bytes;
    this.#metrics.inFlight(this.#requests, this.#bytes);
  }

  #leave(request: FastifyRequest): void {
    const place = this.#places.get(request);
    if (place === undefined) return;
    this.#places.delete(request);
    const left = (this.#byMember.get(place.member) ?? 1) - 1;
    if (left > 0) this.#byMember.set(place.member, left);
    else this.#byMember.delete(place.member);
    this.#requests -= 1;
    this.#bytes -= place.bytes;
    this.#metrics.inFlight(this.#requests, this.#bytes);
  }
}

function bodyBytes({ headers }: FastifyRequest): number {
  const length = headers['content-length'];
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Problem(415, 'UnsupportedMediaType', 'send application/json, not compressed');
  }
  if (length === undefined || !/^[0-9]{1,12}$/.test(length)) {
    throw new Problem(411, 'LengthRequired', 'send Content-Length, not a chunked body');
  }
  return Number(length);
}
