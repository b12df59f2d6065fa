/** One fault of what was sent: where, what is there, what would be right. */
export type FieldFault = Readonly<{ field: string; got: string; expected: string }>;

type ProblemFacts = Readonly<{
  /** 0: there was no answer at all. */
  status: number;
  reason: string;
  title: string;
  detail: string;
  errors: readonly FieldFault[];
  retryAfterSeconds: number | undefined;
}>;

/** An answer of the API that is a refusal (RFC 9457), or no answer at all. */
export class ApiProblem extends Error implements ProblemFacts {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly reason: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldFault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(facts: ProblemFacts) {
    super(facts.detail);
    this.status = facts.status;
    this.reason = facts.reason;
    this.title = facts.title;
    this.detail = facts.detail;
    this.errors = facts.errors;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** No answer came: the network, or a server that is away. */
export const unreachable = (): ApiProblem =>
  new ApiProblem({
    status: 0,
    reason: 'Unreachable',
    title: 'No answer',
    detail: 'The server does not answer. It is asked again; check your connection if this stays.',
    errors: [],
    retryAfterSeconds: undefined,
  });

const maxFaults = 50;
const maxText = 2_000;

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value.slice(0, maxText) : otherwise;

/** Reads the body of a refusal; whatever it is, something readable comes out. */
export function problemOf(status: number, body: unknown, retryAfter: string | null): ApiProblem {
  const facts = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const errors = Array.isArray(facts['errors']) ? facts['errors'].slice(0, maxFaults) : [];
  return new ApiProblem({
    status,
    reason: textOf(facts['reason'], `Status${status}`),
    title: textOf(facts['title'], titles[status] ?? 'It did not work'),
    detail: textOf(facts['detail'], `The server answered with status ${status}.`),
    errors: errors.map((error: unknown) => {
      const { field, got, expected } = (error ?? {}) as Record<string, unknown>;
      return {
        field: textOf(field, ''),
        got: textOf(got, 'nothing'),
        expected: textOf(expected, 'see the documentation'),
      };
    }),
    retryAfterSeconds: secondsOf(retryAfter),
  });
}

const titles: Readonly<Record<number, string>> = {
  401: 'Sign in first',
  403: 'You may not do this',
  404: 'Not found',
  409: 'Somebody else was faster',
  412: 'Changed in the meantime',
  429: 'Too many requests',
  500: 'The server failed',
  502: 'The server failed',
  503: 'The server is busy',
};

const maxRetryAfterSeconds = 60;

function secondsOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null || !/^[0-9]{1,6}$/.test(retryAfter)) return undefined;
  return Math.min(Number(retryAfter), maxRetryAfterSeconds);
}

const maxRetries = 3;

/** Whether asking again may help; refusals stay refusals. */
export function mayRetry(failures: number, error: unknown): boolean {
  if (failures >= maxRetries) return false;
  if (!(error instanceof ApiProblem)) return false;
  return error.status === 0 || error.status === 429 || error.status >= 500;
}

/** Milliseconds until it is asked again: what the server said, or twice as long each time. */
export function retryDelayMs(failures: number, error: unknown): number {
  if (error instanceof ApiProblem && error.retryAfterSeconds !== undefined) {
    return error.retryAfterSeconds * 1_000;
  }
  return Math.min(500 * 2 ** failures, 10_000);
}

/** What a person reads of whatever was thrown. Faults of the program are not shown in detail. */
export function explainProblem(error: unknown): Readonly<{ title: string; detail: string }> {
  if (error instanceof ApiProblem) return { title: error.title, detail: error.detail };
  return {
    title: 'This page does not work just now',
    detail: 'Load it again. If it stays, tell whoever runs this network.',
  };
}

/** Faults by field; a field of a body is named like `spec.workerGroups[0].replicas`. */
export function faultsByField(error: unknown): ReadonlyMap<string, string> {
  if (!(error instanceof ApiProblem)) return new Map();
  return new Map(error.errors.map(({ field, expected }) => [field, expected]));
}
