import type { FastifyReply } from 'fastify';

/** One fault of a body: where it is, what is there, what would be right. */
export type FieldError = Readonly<{ field: string; got: string; expected: string }>;

type Details = Readonly<{
  /** Seconds; becomes the header Retry-After. */
  retryAfterSeconds?: number;
  errors?: readonly FieldError[];
  /** More members of the answer, such as the measured offset of a clock. */
  more?: Readonly<Record<string, number | string>>;
}>;

/** A refusal that becomes an answer of type application/problem+json (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** One word for machines. */
  readonly reason: string;
  readonly details: Details;

  /** `message` is for people: what is wrong, and what would be right. It holds no secret. */
  constructor(status: number, reason: string, message: string, details: Details = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}

/** Sends the problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problemHeaders(problem))
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemBody(problem));
}

/** The headers of the answer that a problem becomes. */
export function problemHeaders({ status, details }: Problem): Record<string, string> {
  const { retryAfterSeconds } = details;
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(retryAfterSeconds === undefined
      ? {}
      : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
}

/** The body of the answer that a problem becomes. */
export function problemBody({ status, reason, message: detail, details }: Problem): object {
  const { errors, more } = details;
  return {
    type: `urn:compute.io.net:problem:${reason}`,
    title: titleOf(reason),
    status,
    detail,
    reason,
    ...(errors === undefined ? {} : { errors }),
    ...more,
  };
}

/** `ClockSkew` reads `Clock skew`. */
function titleOf(reason: string): string {
  const words = reason.replaceAll(/(?<=[a-z])([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return words;
}
