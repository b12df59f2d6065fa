import { randomBytes } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { GatewayError } from '../gateway/gateway-error.ts';
import { type Job, parseJob, parseJobs, parseLogs, parseStopped, parseSubmitted } from './job.ts';

/** What is submitted; the names are Ray's. */
export type Submission = Readonly<{
  entrypoint: string;
  submission_id: string;
  runtime_env?: Readonly<Record<string, unknown>>;
  metadata?: Readonly<Record<string, string>>;
  entrypoint_num_cpus?: number;
  entrypoint_num_gpus?: number;
}>;

const jobsPath = 'dashboard/api/jobs/';
const maximumAttempts = 3;
const idLetters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** An id as Ray's own client makes them. It is made here, so that submitting twice starts one job. */
export function submissionId(): string {
  const letters = Array.from(randomBytes(16), (byte) => idLetters[byte % idLetters.length]);
  return `raysubmit_${letters.join('')}`;
}

/** Where one job is, below the gateway's base. */
export const jobPath = (id: string): string => `${jobsPath}${encodeURIComponent(id)}`;

/** Ray's Jobs API behind the gateway. */
export class JobsApi {
  readonly #gateway: GatewayClient;
  readonly #signal: AbortSignal;

  constructor(gateway: GatewayClient, signal: AbortSignal) {
    this.#gateway = gateway;
    this.#signal = signal;
  }

  async list(): Promise<readonly Job[]> {
    return parseJobs(await this.#get(jobsPath));
  }

  /** Undefined when Ray knows no such job. */
  async find(id: string): Promise<Job | undefined> {
    try {
      return parseJob(await this.#get(jobPath(id)));
    } catch (error) {
      if (isUnknownToRay(error)) return undefined;
      throw error;
    }
  }

  /** Throws, with a hint, when Ray knows no such job. */
  async get(id: string): Promise<Job> {
    const job = await this.find(id);
    if (job !== undefined) return job;
    const { clusterName } = this.#gateway.target;
    throw new Error(
      `there is no job ${id}: kubectl io jobs list ${clusterName} shows those that are`,
    );
  }

  async logs(id: string): Promise<string> {
    return parseLogs(await this.#get(`${jobPath(id)}/logs`));
  }

  /** Says whether it was running. */
  async stop(id: string): Promise<boolean> {
    return parseStopped(await this.#post(`${jobPath(id)}/stop`, ''));
  }

  /** Starts one job, also where the answer to an attempt is lost. Returns its id. */
  async submit(submission: Submission): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return parseSubmitted(await this.#post(jobsPath, JSON.stringify(submission)));
      } catch (error) {
        const lost = error instanceof GatewayError && error.isTransient;
        if (!lost || attempt === maximumAttempts || this.#signal.aborted) throw error;
        // It may have arrived all the same.
        const job = await this.find(submission.submission_id);
        if (job !== undefined) return submission.submission_id;
      }
    }
  }

  async hasPackage(name: string): Promise<boolean> {
    try {
      await this.#gateway.text({ ...packageRequest(name), method: 'GET', signal: this.#signal });
      return true;
    } catch (error) {
      if (isUnknownToRay(error)) return false;
      throw error;
    }
  }

  /** Sends a package; `onSent` is told how many bytes are on their way. */
  async upload(
    name: string,
    content: Readonly<{ bytes: number; open: () => Readable }>,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    let sent = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _, done) {
        sent += chunk.length;
        onSent(sent);
        done(null, chunk);
      },
    });
    await this.#gateway.text({
      ...packageRequest(name),
      method: 'PUT',
      headers: { 'content-type': 'application/zip', 'content-length': content.bytes },
      body: content.open().pipe(counted),
      signal: this.#signal,
    });
  }

  #get(path: string): Promise<unknown> {
    return this.#gateway.json({ method: 'GET', path, signal: this.#signal });
  }

  #post(path: string, body: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.#gateway.json({ method: 'POST', path, headers, body, signal: this.#signal });
  }
}

const packageRequest = (name: string) => ({
  path: `dashboard/api/packages/gcs/${encodeURIComponent(name)}`,
});

const isUnknownToRay = (error: unknown): boolean =>
  error instanceof GatewayError && error.status === 404 && error.fromRay;
