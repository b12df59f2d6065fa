import { authorization } from '../client/credentials.ts';
import { problemOf, unreachable } from '../client/problem.ts';

/** A job of Ray, as far as it is shown. */
export type Job = Readonly<{
  id: string;
  status: string;
  entrypoint: string;
  startedAt: string | undefined;
}>;

const maxJobs = 200;
const maxLogCharacters = 100_000;

/** The newest jobs of a cluster. What a cluster says is not trusted to be what it should be. */
export async function jobsOf(gateway: string, signal: AbortSignal): Promise<readonly Job[]> {
  const answer = await ask(`${gateway}dashboard/api/jobs/`, signal);
  if (!Array.isArray(answer)) return [];
  return answer
    .map((job: unknown) => readJob(job))
    .filter((job) => job !== undefined)
    .toSorted((left, right) => ((left.startedAt ?? '') < (right.startedAt ?? '') ? 1 : -1))
    .slice(0, maxJobs);
}

/** The end of a job's log. */
export async function jobLog(gateway: string, id: string, signal: AbortSignal): Promise<string> {
  const answer = await ask(`${gateway}dashboard/api/jobs/${encodeURIComponent(id)}/logs`, signal);
  const { logs } = (answer ?? {}) as Record<string, unknown>;
  return typeof logs === 'string' ? logs.slice(-maxLogCharacters) : '';
}

/** A job as Ray tells it; undefined for what is none. */
export function readJob(job: unknown): Job | undefined {
  if (typeof job !== 'object' || job === null) return undefined;
  const facts = job as Record<string, unknown>;
  const id = facts['submission_id'] ?? facts['job_id'];
  if (typeof id !== 'string') return undefined;
  const { status, entrypoint, start_time: start } = facts;
  return {
    id,
    status: typeof status === 'string' ? status : 'UNKNOWN',
    entrypoint: typeof entrypoint === 'string' ? entrypoint : '',
    startedAt:
      typeof start === 'number' && Number.isFinite(start) && Math.abs(start) < 8.64e15
        ? new Date(start).toISOString()
        : undefined,
  };
}

async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json', ...authorization() },
      redirect: 'error',
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  throw problemOf(response.status, body, response.headers.get('retry-after'));
}
