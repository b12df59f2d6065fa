import type { GatewayClient } from '../gateway/gateway-client.ts';
import { printable } from '../output/text.ts';
import type { Session } from '../session.ts';
import { entrypointOf } from './entrypoint.ts';
import { follow } from './follow.ts';
import { exitCodeOf } from './job.ts';
import { JobsApi, submissionId } from './jobs-api.ts';
import { packDirectory } from './package.ts';
import {
  excludesOf,
  readRuntimeEnv,
  type RuntimeEnv,
  type RuntimeEnvOptions,
} from './runtime-env.ts';

export type SubmitOptions = RuntimeEnvOptions &
  Readonly<{
    submissionId?: string;
    metadata?: Readonly<Record<string, string>>;
    entrypointNumCpus?: number;
    entrypointNumGpus?: number;
    /** `--no-wait` makes it false. */
    wait: boolean;
  }>;

/** Submits a job and, unless told otherwise, writes its log until it is over. Gives its exit code. */
export async function submit(
  session: Session,
  gateway: GatewayClient,
  words: readonly string[],
  options: SubmitOptions,
): Promise<number> {
  const jobs = new JobsApi(gateway, session.signal);
  const { clusterName } = gateway.target;
  const { env, directory } = await readRuntimeEnv(options);
  const runtimeEnv = directory === undefined ? env : await sent(session, jobs, env, directory);
  const { metadata, entrypointNumCpus: cpus, entrypointNumGpus: gpus } = options;
  const id = await jobs.submit({
    entrypoint: entrypointOf(words),
    submission_id: options.submissionId ?? submissionId(),
    ...(Object.keys(runtimeEnv).length === 0 ? {} : { runtime_env: runtimeEnv }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(cpus === undefined ? {} : { entrypoint_num_cpus: cpus }),
    ...(gpus === undefined ? {} : { entrypoint_num_gpus: gpus }),
  });
  if (!options.wait) {
    session.print(id);
    session.tell(`kubectl io logs ${clusterName} --job ${id} --follow shows what it does`);
    return 0;
  }
  session.tell(`job ${id} is submitted`);
  session.progress.say('waiting for the first line of its log');
  const job = await follow(session, gateway, jobs, id);
  const { status, message } = job;
  session.progress.end();
  session.tell(`job ${id}: ${status.toLowerCase()}. ${printable(message ?? '')}`.trimEnd());
  return exitCodeOf(job);
}

/** Packs and sends the folder, unless the cluster has that very package. */
async function sent(
  { tell, progress }: Session,
  jobs: JobsApi,
  env: RuntimeEnv,
  directory: string,
): Promise<RuntimeEnv> {
  progress.say(`packing ${directory}`);
  const { name, bytes, files, open, skipped } = await packDirectory(directory, excludesOf(env));
  const size = `${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
  if (!(await jobs.hasPackage(name))) {
    await jobs.upload(name, { bytes, open }, (done) =>
      progress.say(`sending ${directory}: ${Math.floor((100 * done) / bytes)} % of ${size}`),
    );
    progress.end();
    tell(`${directory} is sent: ${size}`);
  }
  progress.end();
  if (skipped.length > 0) {
    const shown = skipped.slice(0, 5).map(printable).join(', ');
    const more = skipped.length > 5 ? ` and ${skipped.length - 5} more` : '';
    tell(`left out, since they are no files of this folder: ${shown}${more}`);
  }
  const { excludes: _, ...rest } = env;
  return { ...rest, working_dir: `gcs://${name}` };
}
