import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import {
  computeApiVersion,
  type IOCluster,
  ioAccountResource,
  ioClusterResource,
} from '../../../crds/schema/index.ts';
import { parseAmount } from '../../domain/pricing/assets.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { sleep } from '../../runtime/clock.ts';
import { clusterOf } from '../gateway/open-gateway.ts';
import { listText, type OutputFormat, type View } from '../output/print.ts';
import { printable } from '../output/text.ts';
import { manager, type Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { conditionOf } from './condition.ts';
import { pricePerHour } from './money.ts';

export type QuoteOptions = Readonly<{
  namespace?: string;
  filename?: string;
  output: OutputFormat;
}>;

/** What a cluster would cost, and whether it could start now. */
type Quote = Readonly<{
  namespace: string;
  name: string;
  devices: number;
  perHour: string | undefined;
  hold: string | undefined;
  /** `now`, or what it waits for. */
  start: string;
  account: string | undefined;
  quote: NonNullable<IOCluster['status']>['quote'];
  refusals: NonNullable<IOCluster['status']>['refusals'];
}>;

const answerWithinMs = 30_000;
const lookEveryMs = 200;
const maximumFileBytes = 1024 * 1024;
const maximumClusters = 20;
const suffixLength = 6;

/** Marks what was only asked about; its deletion is the last thing that a quote does. */
const quoteLabel = 'compute.io.net/quote';

/**
 * Prints the price of an IOCluster that is there, or of those of a file. The hub alone knows the
 * prices of all members: it is asked with a suspended copy, which takes no device and no money and
 * is deleted again.
 */
export async function quote(
  session: Session,
  name: string | undefined,
  options: QuoteOptions,
): Promise<number> {
  if ((name === undefined) === (options.filename === undefined)) {
    throw new UsageError('quote: give either the NAME of an IOCluster or -f FILE');
  }
  const quotes =
    options.filename === undefined
      ? [quoteOf(await clusterOf(session, options.namespace ?? session.namespace, name ?? ''))]
      : await quotesOf(session, options.filename, options.namespace);
  const told = await Promise.all(quotes.map((each) => withFunds(session, each)));
  session.print(listText(told, options.output, view));
  return told.some(({ quote: found }) => found === undefined) ? 1 : 0;
}

async function quotesOf(
  session: Session,
  filename: string,
  namespace: string | undefined,
): Promise<readonly Quote[]> {
  const quotes: Quote[] = [];
  for (const asked of await clustersIn(filename)) {
    quotes.push(await askHub(session, asked, asked.namespace ?? namespace ?? session.namespace));
  }
  return quotes;
}

type Asked = Readonly<{
  name: string;
  namespace: string | undefined;
  spec: Readonly<Record<string, unknown>>;
}>;

async function clustersIn(filename: string): Promise<readonly Asked[]> {
  const text = filename === '-' ? await textOf(process.stdin) : await readFile(filename, 'utf8');
  if (text.length > maximumFileBytes) throw new UsageError(`-f ${filename}: is larger than 1 MiB`);
  const found: Asked[] = [];
  for (const document of parseAllDocuments(text)) {
    const [fault] = document.errors;
    if (fault !== undefined) throw new UsageError(`-f ${filename}: ${fault.message}`);
    const asked = askedOf(document.toJS());
    if (asked !== undefined) found.push(asked);
  }
  if (found.length === 0) throw new UsageError(`-f ${filename}: has no IOCluster`);
  if (found.length > maximumClusters) {
    throw new UsageError(`-f ${filename}: has more than ${maximumClusters} IOClusters`);
  }
  return found;
}

function askedOf(raw: unknown): Asked | undefined {
  const { apiVersion, kind, metadata, spec } = (raw ?? {}) as Record<string, unknown>;
  if (kind !== 'IOCluster' || apiVersion !== computeApiVersion) return undefined;
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? name : 'cluster',
    namespace: typeof namespace === 'string' ? namespace : undefined,
    spec: (spec ?? {}) as Record<string, unknown>,
  };
}

async function askHub(session: Session, asked: Asked, namespace: string): Promise<Quote> {
  const { client, progress } = session;
  const suffix = randomBytes(suffixLength / 2).toString('hex');
  const name = `${asked.name.slice(0, 40).replace(/[.-]+$/, '')}-quote-${suffix}`;
  const made = await client.create(
    ioClusterResource,
    {
      metadata: { name, namespace, labels: { [quoteLabel]: 'true' } },
      spec: { ...asked.spec, suspend: true },
    },
    { manager },
  );
  try {
    progress.say(`asking the hub what ${asked.name} costs`);
    const cluster = await answered(session, made);
    return { ...quoteOf(cluster), name: asked.name };
  } finally {
    progress.end();
    // Without the signal: it is to go also when the person has gone.
    await client.delete(ioClusterResource, name, namespace, { uid: made.metadata.uid });
  }
}

async function answered(session: Session, { metadata }: IOCluster): Promise<IOCluster> {
  const { client, clock, signal } = session;
  const untilMs = clock.monotonicMs() + answerWithinMs;
  while (!signal.aborted && clock.monotonicMs() < untilMs) {
    await sleep(clock, lookEveryMs, signal);
    const cluster = await client.get(ioClusterResource, metadata.name, metadata.namespace, {
      signal,
    });
    if (cluster?.status !== undefined) return cluster;
  }
  throw new Error('the hub did not answer within 30 s; is io-operator hub running?');
}

/** What the status says of the price and of a start. */
export function quoteOf(cluster: IOCluster): Quote {
  const { metadata, spec, status } = cluster;
  const { quote: found, refusals = [], lease } = status ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    devices: found?.devices ?? 0,
    perHour: pricePerHour(cluster),
    hold: found?.payment && `${found.payment.hold} ${found.payment.asset}`,
    start: lease === undefined ? startOf(cluster) : 'it has started',
    account: spec.accountRef?.name,
    quote: found,
    refusals,
  };
}

function startOf(cluster: IOCluster): string {
  const { quote: found, refusals = [] } = cluster.status ?? {};
  if (refusals.length > 0) {
    const why = refusals
      .slice(0, 3)
      .map(({ reason, members, devices }) => `${reason} (${members} members, ${devices} devices)`);
    return `${found === undefined ? 'never' : 'when there is room'}: ${why.join(', ')}`;
  }
  const [valid, admitted] = ['Valid', 'Admitted'].map((type) => conditionOf(cluster, type));
  if (valid?.status === 'False') return `never: ${printable(valid.message)}`;
  if (found === undefined)
    return `unknown: ${printable(admitted?.message ?? 'the hub tells no price')}`;
  if (admitted?.status === 'False' && admitted.reason !== 'Suspended') {
    return printable(admitted.message);
  }
  return 'now';
}

/** Whether the account has what would be held; as it is where the account may not be read. */
async function withFunds(session: Session, told: Quote): Promise<Quote> {
  const { account } = told;
  const payment = told.quote?.payment;
  if (payment === undefined || account === undefined || told.start !== 'now') return told;
  const { client, signal } = session;
  try {
    const found = await client.get(ioAccountResource, account, told.namespace, { signal });
    const balance = found?.status?.balances?.find(({ asset }) => asset === payment.asset);
    if (balance === undefined) return told;
    const [available, hold] = [balance.available, payment.hold].map(
      (text) => parseAmount(text, payment.asset) ?? 0n,
    );
    if (available! >= hold!) return told;
    const start = `when account ${account} has ${payment.hold} ${payment.asset}; it has ${balance.available}`;
    return { ...told, start };
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return told;
    throw error;
  }
}

const view: View<Quote> = {
  columns: [
    { name: 'NAME', of: ({ name }) => name },
    { name: 'GPUS', of: ({ devices }) => devices },
    { name: 'PER HOUR', of: ({ perHour }) => perHour },
    { name: 'HELD AT START', of: ({ hold }) => hold },
    { name: 'STARTS', of: ({ start }) => start },
    { name: 'NAMESPACE', wide: true, of: ({ namespace }) => namespace },
  ],
  nameOf: ({ name }) => `iocluster.compute.io.net/${name}`,
};
