import type { Basis, Standing } from './standing.ts';
import type { EndReason } from './types.ts';

/** A standing, and how well it is known. */
export type Seen = Readonly<{
  standing: Standing;
  /** Everything that happened until then was seen. */
  provenSeconds: number;
  /** What happened between then and now was not seen: only the outcome is. */
  gap: boolean;
}>;

const parts = ['node', 'worker', 'headNode', 'head'] as const;
type Part = (typeof parts)[number];
export const enders = [...parts, 'lease', 'device'] as const;
/** What can end an interval: one of the parts, or that the lease or a device of it is given back. */
type Ender = (typeof enders)[number];

/** A worker pod and all that it can be billed by. */
export type WorkerSeen = Readonly<{
  podUid: string;
  leaseId: string;
  worker: Seen;
  node: Seen;
  /** A RayCluster is used through its head: without it nothing is billed. */
  head: Seen;
  /** Undefined without a head: nobody knows of which node, and the head alone decides. */
  headNode: Seen | undefined;
  /** It will never be Ready again: its devices are free for another pod. */
  ending: boolean;
  /** The lease is given back: nothing new begins. */
  released: boolean;
  /** Since when, if that is known: from then on nobody is billed, though pods may linger. */
  releasedSeconds?: number | undefined;
  /** Devices that the lease has for such workers on this node, lowest first. */
  devices: readonly string[];
  devicesPerWorker: number;
  /** Devices of the lease that do no work any more; they are not among `devices`. */
  broken?: readonly string[];
  /** The clock when this was seen. */
  nowSeconds: number;
}>;

/** Time that is being billed, on all devices of a pod; or that waits for devices to be billed on. */
export type Run = Readonly<{
  startSeconds: number;
  /** Whether its `Opened` was told. */
  announced: boolean;
  basis: Readonly<Record<Part, Basis>>;
  /** What has ended it, when and why. The earliest counts; one may still come. */
  ends: Readonly<Partial<Record<Ender, End>>>;
  /** Of one that waits, or has lost a device: what it may go on with. */
  left?: Left;
}>;

/** What a pod may be billed on while it waits. */
export type Left = Readonly<{ devicesPerWorker: number; windows: readonly Window[] }>;

/** The lease had a device from then, 0 if nobody saw it begin, until then, if it has it no more. */
export type Window = Readonly<{ device: string; fromSeconds: number; toSeconds?: number }>;

export type End = Readonly<{ endSeconds: number; reason: EndReason }>;

/** By what and since when all parts are up; undefined when one is not. */
export function upSince(
  seen: WorkerSeen,
): { basis: Run['basis']; sinceSeconds: number } | undefined {
  const { node, worker, headNode, head } = seen;
  if (headNode === undefined) return undefined;
  const [a, b, c, d] = [node.standing, worker.standing, headNode.standing, head.standing];
  if (a.kind === 'Down' || b.kind === 'Down' || c.kind === 'Down' || d.kind === 'Down') {
    return undefined;
  }
  const all = [a, b, c, d];
  return {
    basis: { node: a.basis, worker: b.basis, headNode: c.basis, head: d.basis },
    sinceSeconds: Math.max(
      ...all.map(({ basis }) => basis.readySeconds),
      ...all.map(({ startedSeconds }) => startedSeconds),
    ),
  };
}

/** Of a lease that was given back a moment ago, what came before that is billed. */
export const isOver = (
  { released, releasedSeconds = 0 }: WorkerSeen,
  startSeconds: number,
): boolean => released && startSeconds >= releasedSeconds;

/** What the lease has and had; `before`, unchanged, if that is as it was. */
export function leftOf(
  { devices, devicesPerWorker, nowSeconds, worker }: WorkerSeen,
  before: Left | undefined,
): Left {
  if (before === undefined) {
    return { devicesPerWorker, windows: devices.map((device) => ({ device, fromSeconds: 0 })) };
  }
  const toSeconds = worker.gap ? worker.provenSeconds : nowSeconds;
  const open = before.windows.filter((window) => window.toSeconds === undefined);
  const has = new Set(open.map(({ device }) => device));
  const added = devices.filter((device) => !has.has(device));
  if (added.length === 0 && open.every(({ device }) => devices.includes(device))) return before;
  const windows = before.windows.map((window) =>
    window.toSeconds === undefined && !devices.includes(window.device)
      ? { ...window, toSeconds }
      : window,
  );
  // As of everything else, the second in which it began is not whole.
  const gained = added.map((device) => ({ device, fromSeconds: nowSeconds + 1 }));
  return { devicesPerWorker, windows: [...windows, ...gained] };
}

/** Of several at once that of the first part. */
export function earliest({ ends }: Pick<Run, 'ends'>): End | undefined {
  let first: End | undefined;
  for (const part of enders) {
    const end = ends[part];
    if (first === undefined || (end !== undefined && end.endSeconds < first.endSeconds))
      first = end;
  }
  return first;
}

export function endsOf({ basis }: Run, seen: WorkerSeen): Run['ends'] {
  const ends: Partial<Record<Ender, End>> = releaseOf(seen);
  for (const part of parts) {
    const how = seen[part];
    const end = how === undefined ? undefined : endOfPart(basis[part], how);
    if (end === undefined) continue;
    ends[part] = { ...end, reason: reasonOf(part, end.reason, seen.released) };
  }
  return ends;
}

type Devices = Readonly<{ devices: readonly string[] }>;

/** A lease that got smaller: a pod whose devices are no longer in it is not billed for them. */
export function lossOf(pod: Devices, seen: WorkerSeen): Partial<Record<Ender, End>> {
  if (seen.released || hasAll(seen, pod)) return {};
  const { gap, provenSeconds } = seen.worker;
  const isBroken = pod.devices.some((device) => seen.broken?.includes(device));
  const reason = isBroken ? 'DeviceBroken' : 'Released';
  return { device: { endSeconds: gap ? provenSeconds : seen.nowSeconds, reason } };
}

export function hasAll({ devices }: WorkerSeen, pod: Devices): boolean {
  return pod.devices.every((device) => devices.includes(device));
}

export function releaseOf({ releasedSeconds }: WorkerSeen): Partial<Record<Ender, End>> {
  return releasedSeconds === undefined
    ? {}
    : { lease: { endSeconds: releasedSeconds, reason: 'Released' } };
}

function endOfPart(before: Basis, { standing, provenSeconds, gap }: Seen): End | undefined {
  if (standing.kind === 'Up') return endOfChange(before, standing, { provenSeconds, gap });
  const { reason, sinceSeconds, until } = standing;
  if (sinceSeconds === undefined) {
    return { endSeconds: provenSeconds, reason: gap ? 'Unobserved' : reason };
  }
  // It may have stopped and come back unseen before it stopped for good.
  const vouched = !gap || (until !== undefined && isSame(before, until));
  if (vouched || sinceSeconds <= provenSeconds) return { endSeconds: sinceSeconds, reason };
  return { endSeconds: provenSeconds, reason: 'Unobserved' };
}

/** The end of what it was up by before, if it is up by something else now. */
function endOfChange(
  before: Basis,
  { basis, diedSeconds }: Extract<Standing, { kind: 'Up' }>,
  { provenSeconds, gap }: Pick<Seen, 'provenSeconds' | 'gap'>,
): End | undefined {
  if (isSame(before, basis)) return undefined;
  const isReadyStill = basis.id === before.id && basis.readySeconds === before.readySeconds;
  const died = basis.restarts === before.restarts ? undefined : diedSeconds;
  if (isReadyStill && basis.restarts === before.restarts + 1 && died !== undefined) {
    return { endSeconds: died, reason: 'NotReady' };
  }
  const wasSeen = !gap && basis.id === before.id;
  const again = isReadyStill ? provenSeconds : basis.readySeconds;
  const limit = wasSeen ? again : Math.min(again, provenSeconds);
  const endSeconds = Math.min(limit, died ?? limit);
  return { endSeconds, reason: gap ? 'Unobserved' : 'NotReady' };
}

function isSame(a: Basis, b: Basis): boolean {
  return a.id === b.id && a.readySeconds === b.readySeconds && a.restarts === b.restarts;
}

/** The reason as it is of the worker: a head that is gone is a cluster that is not ready. */
function reasonOf(part: Part, reason: EndReason, released: boolean): EndReason {
  if (reason === 'Unobserved' || reason === 'NodeLost') return reason;
  if (released) return 'Released';
  return part === 'head' ? 'NotReady' : reason;
}
