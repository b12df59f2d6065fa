import { z } from 'zod';

/** A job as Ray's Jobs API tells it; what is not used here is kept as it came. */
const jobSchema = z.looseObject({
  type: z.enum(['SUBMISSION', 'DRIVER']),
  job_id: z.string().nullish(),
  submission_id: z.string().nullish(),
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  entrypoint: z.string(),
  message: z.string().nullish(),
  /** Milliseconds since 1970. */
  start_time: z.number().nullish(),
  end_time: z.number().nullish(),
  driver_exit_code: z.number().nullish(),
});

export type Job = z.output<typeof jobSchema>;

/** Throws when it is no job. */
export const parseJob = (raw: unknown): Job => read(jobSchema, raw);
export const parseJobs = (raw: unknown): readonly Job[] => read(z.array(jobSchema), raw);
export const parseSubmitted = (raw: unknown): string =>
  read(z.looseObject({ submission_id: z.string() }), raw).submission_id;
export const parseStopped = (raw: unknown): boolean =>
  read(z.looseObject({ stopped: z.boolean() }), raw).stopped;
export const parseLogs = (raw: unknown): string =>
  read(z.looseObject({ logs: z.string().nullish() }), raw).logs ?? '';

function read<T>(schema: z.ZodType<T>, raw: unknown): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Error(
    `Ray answered what its Jobs API does not: ${where === '' ? '' : `${where}: `}${issue?.message}`,
  );
}

/** What the job is asked for by. */
export const idOf = ({ submission_id: submitted, job_id: id }: Job): string =>
  submitted ?? id ?? '';

/** Whether it can change no more. */
export const isOver = ({ status }: Job): boolean =>
  status === 'SUCCEEDED' || status === 'FAILED' || status === 'STOPPED';

/** The exit code of a command that waited for the job: that of its driver, and never 0 for a failure. */
export function exitCodeOf({ status, driver_exit_code: code }: Job): number {
  if (status === 'SUCCEEDED') return 0;
  return typeof code === 'number' && code >= 1 && code <= 255 ? code : 1;
}

/** The job that was started last among those that have logs; undefined without one. */
export function newestOf(jobs: readonly Job[]): Job | undefined {
  return jobs
    .filter(({ type }) => type === 'SUBMISSION')
    .toSorted((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0))
    .at(-1);
}
