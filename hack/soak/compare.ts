import type { Span, Witness, WitnessedPlacement, WitnessedPod } from './witness.ts';

/** One interval of the ledger. */
export type Billed = {
  lease_id: string;
  pod_uid: string;
  start_s: number;
  end_s: number | null;
  end_reason: string | null;
};

/**
 * Agents vouch for what was this long ago: two seconds until they see it, one until they have written
 * down how far they see, and as much again for whole seconds. What is fresher when they are killed,
 * and gone when they come back, nobody vouches for.
 */
export const SIGHT_LAG_SECONDS = 5;

/** When the agent of a member was not there. */
export type Absence = Readonly<{ member: string; from: number; to: number }>;

export type Seen = Readonly<{
  witness: Pick<Witness, 'pods' | 'placements' | 'released'>;
  absences?: readonly Absence[];
}>;

type Worker = WitnessedPod & Readonly<{ usable: readonly Span[] }>;

/** A Ready span is billed from the second after it began to the one in which it ended. */
const ROUNDING_SECONDS = 2;

/**
 * Goes through every second of every lease: as many devices should be billed on a node as its Ready
 * workers have, and no more than the lease has there. `ends`: when each lease was given back; from
 * then on nobody is billed, though its pods may linger.
 */
export function compare(
  billed: readonly Billed[],
  ends: ReadonlyMap<string, number>,
  { witness, absences = [] }: Seen,
) {
  const pods = [...witness.pods.values()];
  const heads = Map.groupBy(
    pods.filter(({ isHead }) => isHead),
    ({ lease }) => lease,
  );
  const workers = pods
    .filter(({ isHead, devices }) => !isHead && devices > 0)
    .map((pod): Worker => {
      const head = heads.get(pod.lease)?.flatMap(({ spans }) => spans) ?? [];
      // A hub that was killed may have noticed later than the lease was given back.
      const end = Math.min(
        ends.get(pod.lease) ?? Infinity,
        witness.released.get(pod.lease) ?? Infinity,
      );
      const whole = [{ from: 0, to: end }];
      return { ...pod, usable: intersect(intersect(pod.spans, head), whole) };
    });
  const rows = Map.groupBy(billed, ({ lease_id: lease }) => lease);
  const sums = {
    readySeconds: 0,
    billedSeconds: 0,
    lostSeconds: 0,
    unobservedSeconds: 0,
    overbilledSeconds: 0,
  };
  const details: string[] = [];
  for (const [lease, some] of Map.groupBy(workers, (pod) => pod.lease)) {
    const placements = witness.placements.get(lease) ?? [];
    const found = compareLease(some, placements, { rows: rows.get(lease) ?? [], absences });
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += found[key];
    if (found.lostSeconds + found.overbilledSeconds > 0) {
      details.push(describe(lease, some, rows.get(lease) ?? []));
    }
  }
  return { ...sums, details };
}

function compareLease(
  workers: readonly Worker[],
  placements: readonly WitnessedPlacement[],
  { rows, absences }: { rows: readonly Billed[]; absences: readonly Absence[] },
) {
  const spans = rows.map(({ start_s: from, end_s: to }) => ({ from, to: to ?? from }));
  const byPod = Map.groupBy(rows, ({ pod_uid: uid }) => uid);
  const overbilledSeconds = workers.reduce((sum, { uid, devices, usable }) => {
    const mine = (byPod.get(uid) ?? []).map(({ start_s: from, end_s: to }) => ({
      from,
      to: to ?? from,
    }));
    const outside = length(mine) - length(intersect(mine, usable));
    return sum + Math.max(outside, length(mine) - devices * length(usable));
  }, 0);
  const readySeconds = expectedSeconds(workers, placements);
  const billedSeconds = length(spans);
  const unseen = workers.reduce(
    (sum, { member, devices, usable }) =>
      sum + devices * length(intersect(usable, absences.filter(coversEndOf(member, usable)))),
    0,
  );
  // A span has two ends that are rounded, and so has every change of the lease's devices.
  const edges = workers.reduce((sum, { devices, usable }) => sum + devices * usable.length, 0);
  const changed = Math.max(0, placements.length - 1) * Math.max(...workers.map((w) => w.devices));
  const missing = readySeconds - billedSeconds - ROUNDING_SECONDS * (edges + changed);
  const lostSeconds = Math.max(0, missing - unseen);
  const unobservedSeconds = Math.max(0, missing) - lostSeconds;
  return { readySeconds, billedSeconds, lostSeconds, unobservedSeconds, overbilledSeconds };
}

/** Device-seconds in which workers were Ready on devices of the lease. */
function expectedSeconds(
  workers: readonly Worker[],
  placements: readonly WitnessedPlacement[],
): number {
  let sum = 0;
  for (const [node, some] of Map.groupBy(workers, (worker) => worker.node)) {
    const usable = some.flatMap((worker) => worker.usable);
    const from = Math.min(...usable.map((span) => span.from));
    const to = Math.max(...usable.map((span) => span.to ?? span.from));
    for (let second = from; second < to; second += 1) {
      const ready = some.reduce(
        (count, { devices, usable: spans }) => count + (isIn(second, spans) ? devices : 0),
        0,
      );
      const placed = placements.findLast((each) => each.from <= second) ?? placements[0];
      sum += Math.min(ready, placed?.devices.get(node) ?? 0);
    }
  }
  return sum;
}

const isIn = (second: number, spans: readonly Span[]): boolean =>
  spans.some(({ from, to }) => from <= second && second < (to ?? from));

/** Whether a pod came to its end in an absence of its agent. */
function coversEndOf(member: string, usable: readonly Span[]) {
  const end = usable.at(-1)?.to ?? Infinity;
  return (absence: Absence): boolean =>
    absence.member === member && absence.from <= end && end <= absence.to;
}

function intersect(some: readonly Span[], others: readonly Span[]): readonly Span[] {
  return some.flatMap((a) =>
    others.flatMap((b) => {
      const from = Math.max(a.from, b.from);
      const to = Math.min(a.to ?? Infinity, b.to ?? Infinity);
      return from < to ? [{ from, to }] : [];
    }),
  );
}

const length = (spans: readonly Span[]): number =>
  spans.reduce((sum, { from, to }) => sum + ((to ?? from) - from), 0);

function describe(lease: string, workers: readonly Worker[], rows: readonly Billed[]): string {
  const ready = workers.map(
    ({ uid, node, devices, usable }) =>
      `${uid.slice(0, 8)} on ${node} with ${devices}: ${usable.map(text).join(' ')}`,
  );
  const billed = rows.map(
    ({ pod_uid: uid, start_s: from, end_s: to, end_reason: reason }) =>
      `${uid.slice(0, 8)} ${text({ from, to: to ?? undefined })} ${reason ?? 'open'}`,
  );
  const member = workers[0]?.member ?? '';
  return `${lease} on ${member}; ready: ${ready.join(', ')}; billed: ${billed.join(', ')}`;
}

const text = ({ from, to }: Span): string => `[${from}, ${to ?? '…'})`;
