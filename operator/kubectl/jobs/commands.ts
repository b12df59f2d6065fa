import type { Command } from 'commander';
import { amountValue, objectName, pairValue, withGateway, withOutput } from '../flags.ts';
import type { GatewayOptions, OutputOptions } from '../flags.ts';
import { withGateway as usingGateway } from '../gateway/open-gateway.ts';
import { listText, type View } from '../output/print.ts';
import { ageText, spanText } from '../output/text.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { follow } from './follow.ts';
import { idOf, type Job, newestOf } from './job.ts';
import { JobsApi } from './jobs-api.ts';
import { submit, type SubmitOptions } from './submit.ts';

type LogOptions = Readonly<{ job?: string; follow?: boolean }>;

/** `kubectl io jobs …` and `kubectl io logs`: Ray's jobs, through the gateway. */
export function addJobCommands(program: Command, run: Run): void {
  addLogs(program, run, 'logs');
  const jobs = program
    .command('jobs')
    .description('Jobs of Ray on an IOCluster: submit, list, follow and stop them.')
    .addHelpText('after', jobExamples);
  addSubmit(jobs, run);
  withOutput(withGateway(jobs.command('list')))
    .argument('<name>', 'name of the IOCluster', objectName)
    .description('All jobs that the cluster has seen.')
    .action((name: string, options: GatewayOptions & OutputOptions) =>
      run(options, (session) =>
        usingGateway(session, name, options, async (gateway) => {
          const found = await new JobsApi(gateway, session.signal).list();
          const byStart = found.toSorted((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0));
          if (found.length === 0) session.tell(`${name} has seen no job yet`);
          session.print(listText(byStart, options.output, viewAt(session.clock.now())));
        }),
      ),
    );
  addLogs(jobs, run, 'logs');
  withGateway(jobs.command('stop'))
    .argument('<name>', 'name of the IOCluster', objectName)
    .argument('<job>', 'id of the job')
    .description('Stop a job.')
    .action((name: string, id: string, options: GatewayOptions) =>
      run(options, (session) =>
        usingGateway(session, name, options, async (gateway) => {
          const api = new JobsApi(gateway, session.signal);
          await api.get(id);
          const stopped = await api.stop(id);
          session.print(stopped ? `job ${id} is being stopped` : `job ${id} was not running`);
        }),
      ),
    );
}

function addSubmit(jobs: Command, run: Run): void {
  withGateway(jobs.command('submit'))
    .argument('<name>', 'name of the IOCluster', objectName)
    .argument('<entrypoint...>', 'command of the job, after --')
    .description('Submit a job, follow its log and end with its exit code.')
    .option('--working-dir <folder>', 'folder to run in; it is packed and sent')
    .option('--runtime-env <file>', "YAML or JSON file with Ray's runtime_env")
    .option('--runtime-env-json <json>', 'the same, as it is')
    .option('--submission-id <id>', 'id of the job; a new one by default')
    .option('--metadata <key=value>', 'kept with the job; may be repeated', pairValue)
    .option('--entrypoint-num-cpus <number>', 'CPUs of the entrypoint itself', amountValue)
    .option('--entrypoint-num-gpus <number>', 'GPUs of the entrypoint itself', amountValue)
    .option('--no-wait', 'print the id of the job and end')
    .addHelpText('after', submitExamples)
    .action((name: string, words: string[], options: GatewayOptions & SubmitOptions) =>
      run(options, (session) => {
        const id = options.submissionId;
        if (id !== undefined && !/^[\w.-]{1,128}$/.test(id)) {
          throw new UsageError('--submission-id: must be letters, digits, dots, dashes and _');
        }
        return usingGateway(session, name, options, (gateway) =>
          submit(session, gateway, words, options),
        );
      }),
    );
}

function addLogs(parent: Command, run: Run, verb: string): void {
  withGateway(parent.command(verb))
    .argument('<name>', 'name of the IOCluster', objectName)
    .description('What a job has logged; the newest job by default.')
    .option('--job <id>', 'the job')
    .option('-f, --follow', 'go on until the job is over')
    .addHelpText('after', logExamples)
    .action((name: string, options: GatewayOptions & LogOptions) =>
      run(options, (session) => logs(session, name, options)),
    );
}

function logs(session: Session, name: string, options: GatewayOptions & LogOptions): Promise<void> {
  return usingGateway(session, name, options, async (gateway) => {
    const api = new JobsApi(gateway, session.signal);
    const job = options.job === undefined ? newestOf(await api.list()) : await api.get(options.job);
    if (job === undefined) {
      throw new Error(`${name} has seen no job yet: kubectl io jobs submit ${name} -- COMMAND`);
    }
    if (job.type === 'DRIVER') {
      throw new Error(
        `job ${idOf(job)} was started by a Ray client, which shows its log itself; Ray keeps the ` +
          'logs of submitted jobs only',
      );
    }
    if (options.follow === true) await follow(session, gateway, api, idOf(job));
    else await session.write(await api.logs(idOf(job)));
  });
}

const timeOf = (ms: number | null | undefined): string | undefined =>
  typeof ms === 'number' ? new Date(ms).toISOString() : undefined;

const viewAt = (nowMs: number): View<Job> => ({
  columns: [
    { name: 'ID', of: idOf },
    { name: 'STATUS', of: ({ status }) => status },
    { name: 'STARTED', of: ({ start_time: at }) => ageText(timeOf(at), nowMs) },
    {
      name: 'DURATION',
      of: ({ start_time: from, end_time: to }) =>
        typeof from === 'number' ? spanText(((to ?? nowMs) - from) / 1000) : undefined,
    },
    { name: 'EXIT', of: ({ driver_exit_code: code }) => code ?? undefined },
    { name: 'ENTRYPOINT', of: ({ entrypoint }) => entrypoint },
    { name: 'TYPE', wide: true, of: ({ type }) => type.toLowerCase() },
    { name: 'MESSAGE', wide: true, of: ({ message }) => message ?? undefined },
  ],
  nameOf: (job) => `job/${idOf(job)}`,
});

const jobExamples = `
Examples:
  kubectl io jobs submit first --working-dir . -- python train.py --epochs 3
  kubectl io jobs list first
  kubectl io jobs logs first --job raysubmit_… --follow
  kubectl io jobs stop first raysubmit_…`;

const submitExamples = `
Files that .gitignore or .rayignore name are not sent, nor are .git, .venv, venv and __pycache__.

Examples:
  kubectl io jobs submit first -- python -c 'import ray; ray.init(); print(ray.cluster_resources())'
  kubectl io jobs submit first --working-dir . --runtime-env env.yaml -- python train.py --epochs 3
  id=$(kubectl io jobs submit first --no-wait --working-dir . -- python train.py)`;

const logExamples = `
Examples:
  kubectl io logs first                          # of the newest job
  kubectl io logs first --job raysubmit_… --follow`;
