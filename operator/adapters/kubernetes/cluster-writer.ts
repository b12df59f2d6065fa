import { randomBytes } from 'node:crypto';
import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import type {
  ClusterChange,
  ClusterDraft,
  ClusterEvent,
  ClusterVersion,
  ClusterWriter,
} from '../../ports/cluster-writer.ts';
import { HubRefusedError } from '../../ports/hub-errors.ts';
import type { ApiClient, Manifest } from '../../runtime/api-client.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { eventResource } from '../../runtime/events.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { clusterPatch, requestedByAnnotation } from './cluster-patch.ts';
import { askedOfHub } from './hub-calls.ts';

/** The field manager of what the server writes for people. */
export const apiManager = 'compute.io.net/api';
/** Marks what was only asked about, as kubectl io does. */
const quoteLabel = 'compute.io.net/quote';
const timeoutMs = 10_000;
const quoteWithinMs = 10_000;
const lookEveryMs = 100;
const maxEvents = 500;
/** A quote that its server did not delete any more is older than any answer takes. */
const forgottenMs = 120_000;
const maxForgotten = 500;
/** Of a name of 253, with what is put behind it. */
const maxQuotedName = 40;

type Client = Pick<ApiClient, 'create' | 'get' | 'list' | 'jsonPatch' | 'delete'>;

/** The writer, and what clears up behind servers that ended in the middle of a quote. */
export type KubernetesClusterWriter = ClusterWriter &
  Readonly<{ removeForgottenQuotes: (nowMs: number) => Promise<void> }>;

/**
 * Writes IOClusters by the hub's API server, which validates them. The client needs get, list, create,
 * patch and delete on IOClusters, and list on events.
 */
export function createClusterWriter(client: Client, clock: Clock): KubernetesClusterWriter {
  return {
    find: (namespace, name) =>
      askedOfHub(() => client.get(ioClusterResource, name, namespace, { timeoutMs })),
    create: (draft, { dryRun }) =>
      askedOfHub(() => client.create(ioClusterResource, manifestOf(draft), written({ dryRun }))),
    change: (which, change, requestedBy) =>
      askedOfHub(() => changed(client, which, change, requestedBy)),
    remove: (which) => askedOfHub(() => removed(client, which)),
    events: (namespace, name, uid) => askedOfHub(() => eventsOf(client, namespace, name, uid)),
    quote: (draft) => askedOfHub(() => quoted(client, clock, draft)),
    removeForgottenQuotes: (nowMs) => askedOfHub(() => forgotten(client, nowMs)),
  };
}

const written = (options: { dryRun?: boolean } = {}) =>
  ({ manager: apiManager, strict: true, timeoutMs, ...options }) as const;

const manifestOf = ({ namespace, name, spec, requestedBy }: ClusterDraft): Manifest => ({
  metadata: { name, namespace, annotations: { [requestedByAnnotation]: requestedBy } },
  spec,
});

/** The object as it is, if that is how it was when somebody decided. */
async function read(
  client: Client,
  { namespace, name, resourceVersion }: ClusterVersion,
): Promise<IOCluster> {
  const found = await client.get(ioClusterResource, name, namespace, { timeoutMs });
  const what = `IOCluster ${namespace}/${name}`;
  if (found === undefined) throw new HubRefusedError('Missing', `there is no ${what}`);
  if (resourceVersion !== undefined && found.metadata.resourceVersion !== resourceVersion) {
    throw new HubRefusedError('Changed', `${what} was changed meanwhile`);
  }
  return found;
}

async function changed(
  client: Client,
  which: ClusterVersion,
  change: ClusterChange,
  requestedBy: string,
): Promise<IOCluster> {
  const patch = clusterPatch(await read(client, which), change, requestedBy);
  const { namespace, name } = which;
  return client.jsonPatch(ioClusterResource, name, namespace, patch, {
    ...{ manager: apiManager, timeoutMs },
  });
}

async function removed(client: Client, which: ClusterVersion): Promise<void> {
  const { metadata } = await read(client, which);
  await client.delete(ioClusterResource, metadata.name, metadata.namespace, {
    uid: metadata.uid,
    ...(which.resourceVersion === undefined ? {} : { resourceVersion: which.resourceVersion }),
    timeoutMs,
  });
}

/** An earlier cluster of the same name has events too, which are not of this one. */
async function eventsOf(
  client: Client,
  namespace: string,
  name: string,
  uid: string,
): Promise<readonly ClusterEvent[]> {
  const { items } = await client.list(eventResource, {
    namespace,
    fieldSelector: `regarding.kind=IOCluster,regarding.name=${name},regarding.uid=${uid}`,
    limit: maxEvents,
    timeoutMs,
  });
  return items.map(eventOf).toSorted((a, b) => (a.time < b.time ? 1 : -1));
}

type EventFields = KubeObject &
  Readonly<{
    type?: string;
    reason?: string;
    note?: string;
    eventTime?: string | null;
    series?: { lastObservedTime?: string } | null;
  }>;

function eventOf(event: KubeObject): ClusterEvent {
  const { type, reason, note, eventTime, series, metadata } = event as EventFields;
  return {
    time: toMicroseconds(series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? ''),
    type: type ?? 'Normal',
    reason: reason ?? '',
    message: note ?? '',
  };
}

/** Whole seconds and parts of them in one form, so that texts are in the order of the times. */
const toMicroseconds = (time: string): string =>
  /\.\d+Z$/.test(time) ? time : time.replace(/Z$/, '.000000Z');

async function quoted(
  client: Client,
  clock: Clock,
  draft: ClusterDraft,
): Promise<IOCluster | undefined> {
  const { namespace } = draft;
  const base = draft.name.slice(0, maxQuotedName).replace(/[.-]+$/, '');
  const name = `${base}-quote-${randomBytes(4).toString('hex')}`;
  const { metadata, ...rest } = manifestOf({
    ...draft,
    name,
    spec: { ...draft.spec, suspend: true },
  });
  const manifest = { ...rest, metadata: { ...metadata, labels: { [quoteLabel]: 'true' } } };
  const made = await client.create(ioClusterResource, manifest, written());
  try {
    const untilMs = clock.monotonicMs() + quoteWithinMs;
    while (clock.monotonicMs() < untilMs) {
      const cluster = await client.get(ioClusterResource, name, namespace, { timeoutMs });
      if (cluster?.status !== undefined) return cluster;
      await sleep(clock, lookEveryMs);
    }
    return undefined;
  } finally {
    await client.delete(ioClusterResource, name, namespace, { uid: made.metadata.uid, timeoutMs });
  }
}

async function forgotten(client: Client, nowMs: number): Promise<void> {
  const { items } = await client.list(ioClusterResource, {
    labelSelector: `${quoteLabel}=true`,
    limit: maxForgotten,
    timeoutMs,
  });
  for (const { metadata } of items) {
    const { name, namespace, uid, annotations, creationTimestamp = '' } = metadata;
    // Those of kubectl io belong to the person who asks.
    const isOurs = annotations?.[requestedByAnnotation] !== undefined;
    if (!isOurs || nowMs - Date.parse(creationTimestamp) < forgottenMs) continue;
    await client.delete(ioClusterResource, name, namespace, { uid, timeoutMs });
  }
}
