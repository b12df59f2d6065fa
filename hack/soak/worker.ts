import type { Absence, Seen, WitnessedPod } from './seen.ts';
import { best, type Certainty, certainty, type Span, worst } from './spans.ts';

/** A worker with all that it is used by: its node, a head on a node, and the lease. */
export class Worker {
  readonly pod: WitnessedPod;
  readonly #heads: readonly WitnessedPod[];
  readonly #seen: Seen;

  constructor(pod: WitnessedPod, heads: readonly WitnessedPod[], seen: Seen) {
    this.pod = pod;
    this.#heads = heads;
    this.#seen = seen;
  }

  /** How certain it is that it was Ready, in a cluster that was, from one end of a second to the other. */
  at(second: number): Certainty {
    const { life } = this.#seen.leases.get(this.pod.lease) ?? {};
    const lease = this.#in(life === undefined ? [] : [life], second);
    const heads = this.#heads.map((head) => this.#standing(head, second));
    return worst([lease, this.#standing(this.pod, second), best(heads)]);
  }

  /**
   * Whether nobody can vouch for a second: it came to its end while its agent was away, and it or its
   * head was gone before that came back. Had it been there still, stamps would have told.
   */
  excused(second: number, absences: readonly Absence[]): boolean {
    const away = absences.find(({ from, to }) => from <= second && second <= to);
    if (away === undefined || !this.#wasGoneBy(away.to, second)) return false;
    for (let later = second; later <= away.to; later += 1) {
      if (this.at(later) !== 'sure') return true;
    }
    return false;
  }

  #wasGoneBy(to: number, second: number): boolean {
    const heads = this.#heads.filter((head) => this.#standing(head, second) !== 'out');
    return [this.pod, ...heads].some(
      ({ goneAt = Infinity }) => goneAt - this.#seen.gapSeconds <= to,
    );
  }

  /** Of a pod and its node. */
  #standing({ spans, member, node }: WitnessedPod, second: number): Certainty {
    const ofNode = this.#seen.nodes.get(`${member}/${node}`) ?? [];
    return worst([this.#in(spans, second), this.#in(ofNode, second)]);
  }

  #in(spans: readonly Span[], second: number): Certainty {
    return certainty(spans, second, this.#seen.gapSeconds);
  }
}
