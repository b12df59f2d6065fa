import { type Absence, LeasedDevices, merged, type Seen } from './seen.ts';
import type { Certainty } from './spans.ts';
import { Worker } from './worker.ts';

/** One interval of the ledger, half-open. */
export type Billed = Readonly<{
  lease_id: string;
  member: string;
  /** Name of the IODevice; unique in its member. */
  device: string;
  pod_uid: string;
  start_s: number;
  end_s: number;
  end_reason: string | null;
}>;

/** Device-seconds that were not billed, and are held against nobody, by their reason. */
type Uncertain = {
  /** A worker came up or stopped in them: Ready in part, and never billed. */
  part: number;
  /** The member's agent was killed, and what was Ready was gone when it came back. */
  unobserved: number;
  /** The lease was changing, and may not have had the device any more. */
  rescaled: number;
  /** Another worker left the device in them: it was free from the next second on. */
  handedOver: number;
  /** No stamp says when it stopped, and the witness may have heard of it too late. */
  unstamped: number;
};

/** Device-seconds; all but `uncertain` are certain. */
type Sums = {
  /** Ready on a device that the lease had, or was about to give back. */
  readySeconds: number;
  billedSeconds: number;
  /** Ready on a device of the lease, and no interval covers it. */
  lostSeconds: number;
  /** A device is billed by more than one interval, of whatever lease; the first is right. */
  doubledSeconds: number;
  /** Billed, and not Ready from one end of the second to the other, or not a device of the lease. */
  overbilledSeconds: number;
  uncertain: Uncertain;
};

/** What a comparison finds. */
export type Compared = Readonly<
  Omit<Sums, 'uncertain'> & {
    uncertain: Readonly<Uncertain>;
    /** A line for each lease and device with which something is wrong. */
    details: readonly string[];
  }
>;

/**
 * Goes through every second of every worker: as many devices have to be billed for it as it has. Where
 * there are more workers on a node than the lease still has devices for, as many as it has.
 */
export function compare(billed: readonly Billed[], seen: Seen): Compared {
  const pods = Map.groupBy(seen.pods, ({ lease }) => lease);
  const rows = Map.groupBy(billed, ({ lease_id: lease }) => lease);
  const sums = nothing();
  const details: string[] = [];
  for (const lease of new Set([...pods.keys(), ...rows.keys()])) {
    const all = pods.get(lease) ?? [];
    const heads = all.filter(({ isHead }) => isHead);
    const workers = all
      .filter(({ isHead, devices }) => !isHead && devices > 0)
      .map((pod) => ({
        worker: new Worker(pod, heads, seen),
        rows: (rows.get(lease) ?? []).filter(({ pod_uid: uid }) => uid === pod.uid),
      }));
    const faults = [
      ...compareLease(sums, workers, seen),
      ...unknown(sums, workers, rows.get(lease) ?? []),
    ];
    if (faults.length > 0)
      details.push(`${lease}: ${[...faults, ...workers.map(text)].join('; ')}`);
  }
  sums.billedSeconds = billed.flatMap(secondsOf).length;
  details.push(...doubled(sums, billed));
  return { ...sums, details };
}

const nothing = (): Sums => ({
  ...{ readySeconds: 0, billedSeconds: 0, lostSeconds: 0, doubledSeconds: 0, overbilledSeconds: 0 },
  uncertain: { part: 0, unobserved: 0, rescaled: 0, handedOver: 0, unstamped: 0 },
});

/** A worker and what was billed for it. */
type Account = Readonly<{ worker: Worker; rows: readonly Billed[] }>;

function compareLease(sums: Sums, workers: readonly Account[], seen: Seen): readonly string[] {
  const faults: string[] = [];
  for (const [node, here] of Map.groupBy(workers, ({ worker }) => worker.pod.node)) {
    const { lease, member } = here[0]?.worker.pod ?? { lease: '', member: '' };
    const absences = merged(seen.absences, member);
    const leased = new LeasedDevices(seen.leases.get(lease), { ...seen, absences });
    const lost: number[] = [];
    const overbilled: number[] = [];
    for (const second of extent(here)) {
      const found = compareSecond(sums, here, {
        second,
        leased: leased.on(node, second),
        absences,
      });
      if (found.lost > 0) lost.push(second);
      if (found.overbilled > 0) overbilled.push(second);
    }
    if (lost.length > 0) faults.push(`lost on ${node} ${ranges(lost)}`);
    if (overbilled.length > 0) faults.push(`overbilled on ${node} ${ranges(overbilled)}`);
  }
  return faults;
}

type Second = Readonly<{
  second: number;
  /** The lease's devices on the node, by all versions that may be in force. */
  leased: readonly ReadonlySet<string>[];
  absences: readonly Absence[];
}>;

function compareSecond(sums: Sums, accounts: readonly Account[], now: Second) {
  const { second, leased, absences } = now;
  const standings = accounts.map((account) => standingOf(account, now));
  const counts = leased.length === 0 ? [0] : leased.map(({ size }) => size);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const possible = standings.filter(({ how }) => how === 'sure' || how === 'maybe');
  const sure = standings.filter(({ how }) => how === 'sure');
  /** Devices that are to be billed for `some`, and are not. */
  const missing = (some: readonly Standing[], devices: number): number => {
    const fits = devicesOf(possible) <= devices;
    if (fits) return some.reduce((sum, each) => sum + Math.max(0, each.devices - each.billed), 0);
    return Math.max(
      0,
      shareOf(some, devices) - standings.reduce((sum, { billed }) => sum + billed, 0),
    );
  };
  const free = Math.max(0, fewest - devicesLeft(accounts, standings, second));
  const unbilled = missing(sure, free);
  const vouched =
    unbilled === 0 ? [] : sure.filter(({ worker }) => !worker.excused(second, absences));
  const lost = missing(vouched, free);
  const overbilled = standings.reduce((sum, each) => sum + each.overbilled, 0);
  sums.readySeconds += shareOf(sure, most);
  sums.lostSeconds += lost;
  sums.overbilledSeconds += overbilled;
  sums.uncertain.part += devicesOf(standings.filter(({ how }) => how === 'part'));
  sums.uncertain.unobserved += unbilled - lost;
  sums.uncertain.handedOver += missing(sure, fewest) - unbilled;
  sums.uncertain.rescaled += missing(sure, most) - missing(sure, fewest);
  sums.uncertain.unstamped += missing(possible, most) - missing(sure, most);
  return { lost, overbilled };
}

/**
 * How many devices workers leave in a second, who are not wholly up in it any more: whoever waits for
 * one can be billed from the next second on, as a worker is from the second after it became Ready.
 */
function devicesLeft(
  accounts: readonly Account[],
  standings: readonly Standing[],
  second: number,
): number {
  const left = new Set<string>();
  for (const [index, { rows }] of accounts.entries()) {
    if (standings[index]?.how === 'sure') continue;
    for (const row of rows) if (row.end_s === second) left.add(row.device);
  }
  const taken = accounts.flatMap(({ rows }) => rows).filter(covers(second));
  for (const { device } of taken) left.delete(device);
  return left.size;
}

/** How a worker stands in a second, and on how many devices it is billed rightly and wrongly. */
type Standing = Readonly<{
  worker: Worker;
  devices: number;
  how: Certainty;
  billed: number;
  overbilled: number;
}>;

function standingOf({ worker, rows }: Account, { second, leased }: Second): Standing {
  const { devices } = worker.pod;
  const how = worker.at(second);
  const billed = new Set(rows.filter(covers(second)).map(({ device }) => device));
  const rightly = [...billed].filter((device) => leased.some((some) => some.has(device))).length;
  const most = how === 'sure' || how === 'maybe' ? Math.min(devices, rightly) : 0;
  return { worker, devices, how, billed: most, overbilled: billed.size - most };
}

const devicesOf = (some: readonly Standing[]): number =>
  some.reduce((sum, { devices }) => sum + devices, 0);

/** How many devices of `devices` workers can have: each has all of its own, or none. */
function shareOf(some: readonly Standing[], devices: number): number {
  const each = Math.max(1, ...some.map((standing) => standing.devices));
  return Math.min(devicesOf(some), devices - (devices % each));
}

/** What was billed for pods that nobody saw. */
function unknown(
  sums: Sums,
  known: readonly Account[],
  rows: readonly Billed[],
): readonly string[] {
  const uids = new Set(known.map(({ worker }) => worker.pod.uid));
  return rows
    .filter(({ pod_uid: uid }) => !uids.has(uid))
    .map((row) => {
      sums.overbilledSeconds += row.end_s - row.start_s;
      return `billed for ${row.pod_uid}, which is no worker, [${row.start_s}, ${row.end_s})`;
    });
}

function doubled(sums: Sums, billed: readonly Billed[]): readonly string[] {
  const byDevice = Map.groupBy(billed, ({ member, device }) => `${device} of ${member}`);
  return [...byDevice].flatMap(([device, rows]) => {
    const seconds = rows.flatMap(secondsOf);
    const twice = seconds.length - new Set(seconds).size;
    sums.doubledSeconds += twice;
    return twice === 0 ? [] : [`${device} is billed twice for ${twice} s`];
  });
}

const covers =
  (second: number) =>
  ({ start_s: from, end_s: to }: Billed): boolean =>
    from <= second && second < to;

const secondsOf = ({ start_s: from, end_s: to }: Billed): readonly number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/** All seconds in which workers may be up or are billed; what goes on ends with what is billed. */
function extent(accounts: readonly Account[]): readonly number[] {
  const spans = accounts.flatMap(({ worker }) => worker.pod.spans);
  const rows = accounts.flatMap((account) => account.rows);
  const begins = [...spans.map(({ from }) => from), ...rows.map((row) => row.start_s)];
  const ends = [...spans.map(({ to }) => to + 1), ...rows.map((row) => row.end_s)];
  const from = Math.min(...begins);
  const to = Math.max(...ends.filter((end) => end !== Infinity));
  return to > from ? Array.from({ length: to - from }, (_, index) => from + index) : [];
}

/** `[1, 4) [7, 8)` of 1, 2, 3 and 7. */
function ranges(seconds: readonly number[]): string {
  const begins = seconds.filter((second) => !seconds.includes(second - 1));
  const ends = seconds.filter((second) => !seconds.includes(second + 1));
  return begins.map((begin, index) => `[${begin}, ${(ends[index] ?? begin) + 1})`).join(' ');
}

function text({ worker, rows }: Account): string {
  const { uid, node, member, devices, spans, goneAt } = worker.pod;
  const ready = spans.map(({ from, to, unstamped }) => `(${from}, ${to}${unstamped ? '?' : ''})`);
  const billed = rows.map(
    (row) => `${row.device} [${row.start_s}, ${row.end_s}) ${row.end_reason ?? 'open'}`,
  );
  const where = `${uid.slice(0, 8)} with ${devices} on ${node} of ${member}`;
  return `${where}: ready ${ready.join(' ')}, gone ${goneAt ?? 'never'}, billed ${billed.join(', ')}`;
}
