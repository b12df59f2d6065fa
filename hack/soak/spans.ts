import type { KubeObject } from '../../operator/runtime/kube-object.ts';

/**
 * Time in which an object was up, by the whole seconds that its API server stamps: it came up within
 * the second `from` and stopped within the second `to`. `to` is Infinity while it goes on.
 */
export type Span = Readonly<{
  from: number;
  to: number;
  /** No stamp says when it stopped: `to` is when it was heard of. */
  unstamped?: true;
}>;

/**
 * What a second is to a span. These are all rules on edges that the comparison knows:
 * - Stamps are whole seconds. The two in which a span begins and ends are `part` of it: not Ready from
 *   one end to the other, and so, by the meter's rule, never billed. All between are `sure`.
 * - Where no stamp says when a span ended, the seconds that the witness may have heard too late are
 *   `maybe`.
 */
export type Certainty = 'out' | 'part' | 'maybe' | 'sure';

const order = ['out', 'part', 'maybe', 'sure'] as const satisfies readonly Certainty[];

/** How certain it is that it was up from one end of a second to the other. */
export function certainty(spans: readonly Span[], second: number, gapSeconds: number): Certainty {
  return best(spans.map((span) => certaintyOf(span, second, gapSeconds)));
}

function certaintyOf({ from, to, unstamped }: Span, second: number, gapSeconds: number): Certainty {
  if (second < from || second > to) return 'out';
  if (second === from || second === to) return 'part';
  return unstamped === true && second >= to - gapSeconds ? 'maybe' : 'sure';
}

/** Of several things any of which is enough; out without one. */
export const best = (some: readonly Certainty[]): Certainty =>
  order.findLast((each) => some.includes(each)) ?? 'out';

/** Of several things that are all needed. */
export const worst = (all: readonly Certainty[]): Certainty =>
  order.find((each) => all.includes(each)) ?? 'out';

/** A pod or a node, as far as its readiness goes. */
export type Readiness = KubeObject & {
  readonly metadata: { readonly deletionGracePeriodSeconds?: number };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly running?: { readonly startedAt?: string } };
      readonly lastState?: { readonly terminated?: { readonly finishedAt?: string } };
    }[];
  };
};

/** Takes in how an object is, or was last when it is `gone`; `spans` are those seen so far. */
export function follow(
  spans: readonly Span[],
  object: Readiness,
  { gone, heardAt }: Readonly<{ gone: boolean; heardAt: number }>,
): readonly Span[] {
  const from = upSince(object);
  const isUp = from !== undefined && !gone;
  const last = spans.at(-1);
  if (last?.to !== Infinity) return isUp ? [...spans, { from, to: Infinity }] : spans;
  if (isUp && from === last.from) return spans;
  const before = spans.slice(0, -1);
  const to = stoppedAt(object, last.from);
  const ended: Span =
    to === undefined ? { from: last.from, to: heardAt, unstamped: true } : { from: last.from, to };
  return isUp ? [...before, ended, { from, to: Infinity }] : [...before, ended];
}

/** Since when it is Ready and all of its containers run; undefined when it is not, or is to go. */
function upSince({ metadata, status }: Readiness): number | undefined {
  const { status: ready, lastTransitionTime } = readyOf(status) ?? {};
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (ready !== 'True' || hasEnded || metadata.deletionTimestamp !== undefined) return undefined;
  const began = (status?.containerStatuses ?? []).map(({ state }) =>
    secondsOf(state?.running?.startedAt),
  );
  return latest([secondsOf(lastTransitionTime), ...began]);
}

/** When it stopped after `from`, by the earliest stamp that says so. */
function stoppedAt({ metadata, status }: Readiness, from: number): number | undefined {
  const ready = readyOf(status);
  const died = latest(
    (status?.containerStatuses ?? []).map(({ lastState }) =>
      secondsOf(lastState?.terminated?.finishedAt),
    ),
  );
  const stamps = [
    ready?.status === 'True' ? undefined : secondsOf(ready?.lastTransitionTime),
    deletionAskedAt(metadata),
    // An older one is of a container before this.
    died !== undefined && died >= from ? died : undefined,
  ].filter((stamp) => stamp !== undefined);
  return stamps.length === 0 ? undefined : Math.max(from, Math.min(...stamps));
}

/** deletionTimestamp is when the grace time ends; the deletion was asked for before it. */
export function deletionAskedAt(metadata: Readiness['metadata']): number | undefined {
  const at = secondsOf(metadata.deletionTimestamp);
  return at === undefined ? undefined : at - (metadata.deletionGracePeriodSeconds ?? 0);
}

const readyOf = (status: Readiness['status']) =>
  status?.conditions?.find(({ type }) => type === 'Ready');

const secondsOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Math.floor(Date.parse(text) / 1000);

function latest(stamps: readonly (number | undefined)[]): number | undefined {
  const known = stamps.filter((stamp) => stamp !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
