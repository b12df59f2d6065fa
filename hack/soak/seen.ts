import type { Span } from './spans.ts';

/** What was seen of one pod. */
export type WitnessedPod = Readonly<{
  uid: string;
  member: string;
  lease: string;
  node: string;
  isHead: boolean;
  devices: number;
  spans: readonly Span[];
  /** When it was heard that it is no more. */
  goneAt: number | undefined;
}>;

/** What was seen of one lease. */
export type WitnessedLease = Readonly<{
  /** Its devices, each on its node, from when it was heard of them on; oldest first. */
  versions: readonly Version[];
  /** It ends when it was given back: from then on nobody is billed, though its pods may linger. */
  life: Span;
}>;

type Version = Readonly<{ heardAt: number; nodeOf: ReadonlyMap<string, string> }>;

/** When the agent of a member was not there, and what it could not vouch for before: [from, to]. */
export type Absence = Readonly<{ member: string; from: number; to: number }>;

/** What a witness saw, and when it was that agents were killed. */
export type Seen = Readonly<{
  pods: readonly WitnessedPod[];
  /** By `member/name`. */
  nodes: ReadonlyMap<string, readonly Span[]>;
  leases: ReadonlyMap<string, WitnessedLease>;
  absences: readonly Absence[];
  /** The longest that it took the witness to hear of something. */
  gapSeconds: number;
}>;

/**
 * Agents vouch for what was this long ago: two seconds until they see it, one until they have written
 * down how far they see, and as much again for whole seconds. What is fresher when they are killed,
 * and gone when they come back, nobody vouches for.
 */
export const SIGHT_LAG_SECONDS = 5;

/** An agent that runs has heard of a change of its lease by then; until then it bills as before. */
const RESCALE_LAG_SECONDS = 2;

/** An agent that was killed again before it could vouch for anything was away all the while. */
export function merged(absences: readonly Absence[], member: string): readonly Absence[] {
  const out: Absence[] = [];
  const mine = absences.filter((absence) => absence.member === member);
  for (const absence of mine.toSorted((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last === undefined || absence.from > last.to) out.push(absence);
    else out[out.length - 1] = { ...last, to: Math.max(last.to, absence.to) };
  }
  return out;
}

/** Which devices a lease has when. */
export class LeasedDevices {
  readonly #versions: readonly Readonly<{ from: number; to: number; version: Version }>[];

  constructor(
    lease: WitnessedLease | undefined,
    { absences, gapSeconds }: Readonly<{ absences: readonly Absence[]; gapSeconds: number }>,
  ) {
    const versions = lease?.versions ?? [];
    this.#versions = versions.map((version, index) => {
      // The change to it may have been so long before it was heard of; an agent that was away then
      // has billed up to where its sight ended.
      const earliest = version.heardAt - gapSeconds;
      const away = absences.find(({ from, to }) => from <= version.heardAt && earliest <= to);
      const next = versions[index + 1];
      return {
        from: index === 0 ? -Infinity : Math.min(earliest, away?.from ?? earliest),
        to: next === undefined ? Infinity : next.heardAt + RESCALE_LAG_SECONDS,
        version,
      };
    });
  }

  /** Devices on a node in a second by each version that may be in force then. */
  on(node: string, second: number): readonly ReadonlySet<string>[] {
    return this.#versions
      .filter(({ from, to }) => from <= second && second < to)
      .map(({ version }) => {
        const here = [...version.nodeOf].filter(([, of]) => of === node);
        return new Set(here.map(([device]) => device));
      });
  }
}
