import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { sleep } from '../../runtime/clock.ts';
import { clusterOf } from '../gateway/open-gateway.ts';
import { dataText, type OutputFormat } from '../output/print.ts';
import { table } from '../output/table.ts';
import { ageText, cell, printable, spanText } from '../output/text.ts';
import type { Session } from '../session.ts';
import { conditionOf, standingOf } from './condition.ts';
import { type ClusterEvent, eventsOf } from './events.ts';
import { amountText, pricePerHour, spentOf } from './money.ts';
import { endOf, endText } from './outlook.ts';
import { lineOf } from './waiting.ts';

export type StatusOptions = Readonly<{
  namespace?: string;
  watch?: boolean;
  /** Seconds. */
  timeout?: number;
  output: OutputFormat;
}>;

const stages = [
  ...['Valid', 'Quoted', 'Funded', 'Admitted', 'Placed', 'Provisioned', 'Ready', 'Metering'],
] as const;
const lookEveryMs = 1_000;

/** Prints where one IOCluster stands; with `watch` each change, until it is ready or never will be. */
export async function status(
  session: Session,
  name: string,
  options: StatusOptions,
): Promise<number> {
  const namespace = options.namespace ?? session.namespace;
  const cluster = await clusterOf(session, namespace, name);
  if (options.watch === true) return watch(session, namespace, name, options.timeout);
  const data = dataText(cluster, options.output);
  if (data !== undefined) session.print(data);
  else if (options.output === 'name') session.print(`iocluster.compute.io.net/${name}`);
  else session.print(await describe(session, cluster));
  return 0;
}

async function describe(session: Session, cluster: IOCluster): Promise<string> {
  const nowMs = session.clock.now();
  const events = await eventsOf(session, cluster);
  const waits = await lineOf(session, cluster);
  return [
    ...headOf(cluster, nowMs),
    ...(waits === undefined ? [] : [`Queue:     ${waits}`]),
    '',
    stageTable(cluster, nowMs),
    ...refusalLines(cluster),
    ...eventLines(events, nowMs),
    ...nextLines(cluster),
  ].join('\n');
}

/** The first lines: what a person wants to know most. */
export function headOf(cluster: IOCluster, nowMs: number): string[] {
  const { metadata, spec, status: found } = cluster;
  const { word, why } = standingOf(cluster);
  const { lease, workers, endpoint } = found ?? {};
  const spent = spentOf(cluster);
  const end = lease === undefined ? undefined : endOf(cluster, nowMs);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Cluster', `${metadata.namespace}/${metadata.name}, Ray ${spec.ray.version}`],
    ['Status', word === 'Ready' ? word : `${word}: ${printable(why)}`],
    [
      'Lease',
      lease &&
        `${lease.devices} GPUs on ${lease.member} for ${ageText(lease.startTime, nowMs)} (${lease.id})`,
    ],
    ['Workers', workers && `${workers.summary} ready`],
    ['Price', pricePerHour(cluster) && `${pricePerHour(cluster)} an hour`],
    [
      'Spent',
      spent &&
        `${amountText(spent.amount, spent.asset)}, as of ${ageText(found?.spend?.time, nowMs)} ago; ` +
          `${found?.spend?.held} held`,
    ],
    ['Ends', end && endText(end, nowMs)],
    ['Endpoint', endpoint],
  ];
  return lines
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${`${name}:`.padEnd(10)} ${text}`);
}

function stageTable(cluster: IOCluster, nowMs: number): string {
  const conditions = stages
    .map((type) => conditionOf(cluster, type))
    .filter((condition) => condition !== undefined);
  if (conditions.length === 0) return 'The hub has not seen it yet; is io-operator hub running?';
  return table(
    [
      { name: 'STAGE', of: ({ type }) => type },
      {
        name: 'DONE',
        of: ({ status: is }) => (is === 'True' ? 'yes' : is === 'False' ? 'no' : '?'),
      },
      { name: 'REASON', of: ({ reason }) => reason },
      { name: 'SINCE', of: ({ lastTransitionTime: time }) => ageText(time, nowMs) },
      { name: 'MESSAGE', of: ({ message }) => message },
    ],
    conditions,
  );
}

function refusalLines({ status: found }: IOCluster): string[] {
  const refusals = found?.refusals ?? [];
  if (refusals.length === 0) return [];
  const text = table(
    [
      { name: 'WHY NOT', of: ({ reason }) => reason },
      { name: 'MEMBERS', of: ({ members }) => members },
      { name: 'DEVICES', of: ({ devices }) => devices },
    ],
    refusals,
  );
  return ['', text];
}

function eventLines(events: readonly ClusterEvent[], nowMs: number): string[] {
  if (events.length === 0) return [];
  const text = table(
    [
      { name: 'EVENT', of: ({ reason }) => reason },
      { name: 'AGE', of: ({ time }) => ageText(time, nowMs) },
      { name: 'TIMES', of: ({ times }) => times },
      { name: 'NOTE', of: ({ note }) => note },
    ],
    events,
  );
  return ['', text];
}

function nextLines(cluster: IOCluster): string[] {
  const { name, namespace } = cluster.metadata;
  const at = `-n ${namespace} ${name}`;
  switch (standingOf(cluster).word) {
    case 'Ready':
      return ['', `Next: kubectl io jobs submit ${at} --working-dir . -- python main.py`];
    case 'Waiting':
    case 'Starting':
    case 'New':
      return ['', `Next: kubectl io status ${at} --watch`];
    case 'Suspended':
      return [
        '',
        `Next: kubectl patch -n ${namespace} ioc ${name} --type merge -p '{"spec":{"suspend":false}}'`,
      ];
    default:
      return [];
  }
}

/** Tells each change on a line of its own. Gives 0 once it is ready, 1 when it never will be. */
async function watch(
  session: Session,
  namespace: string,
  name: string,
  timeoutSeconds: number | undefined,
): Promise<number> {
  const { client, clock, signal, print, progress } = session;
  const startMs = clock.monotonicMs();
  const told = new Map<string, string>();
  while (!signal.aborted) {
    const cluster = await lookAt(() => client.get(ioClusterResource, name, namespace, { signal }));
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    if (cluster === null) throw new Error(`${name} is gone`);
    if (cluster !== undefined) {
      const news = newsOf(cluster, told);
      if (news.length > 0) progress.end();
      for (const line of news) print(`${spanText(seconds).padStart(7)}  ${line}`);
      const { word, why } = standingOf(cluster);
      if (word === 'Ready') return 0;
      if (word === 'Finished' || word === 'Invalid' || word === 'Suspended') return 1;
      progress.say(`${spanText(seconds).padStart(7)}  ${word}: ${cell(why)}`);
    }
    if (timeoutSeconds !== undefined && seconds >= timeoutSeconds) {
      throw new Error(
        `${name} is not ready after ${spanText(timeoutSeconds)}; it goes on without you`,
      );
    }
    await sleep(clock, lookEveryMs, signal);
  }
  throw new Error(`${name} is not ready yet; it goes on without you`);
}

/** Null: it is gone. Undefined: the hub is away for a moment, which the next look may see ended. */
async function lookAt(
  get: () => Promise<IOCluster | undefined>,
): Promise<IOCluster | null | undefined> {
  try {
    return (await get()) ?? null;
  } catch (error) {
    if (error instanceof ApiError && error.isTransient) return undefined;
    throw error;
  }
}

/** What changed since it was told last, in order of the stages. */
export function newsOf(cluster: IOCluster, told: Map<string, string>): readonly string[] {
  return stages.flatMap((type) => {
    const condition = conditionOf(cluster, type);
    if (condition === undefined) return [];
    const { status: is, reason, message } = condition;
    const line = `${is === 'True' ? '✓' : '·'} ${type} ${reason}: ${cell(message)}`;
    if (told.get(type) === line) return [];
    told.set(type, line);
    return [line];
  });
}
