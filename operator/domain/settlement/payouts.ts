/** A request that no batch pays. */
export type WaitingPayout = Readonly<{
  /** Hexadecimal. */
  requestId: string;
  wallet: string;
  amount: bigint;
  askedAtSeconds: number;
  /** Why the program refused its last batch, and how many requests that had; undefined: there was none. */
  refused: Readonly<{ message: string; requests: number }> | undefined;
}>;

/** What is done about requests of one asset, in this order. */
export type PayoutStep =
  | Readonly<{ kind: 'Batch'; requests: readonly WaitingPayout[] }>
  | Readonly<{ kind: 'GiveBack'; request: WaitingPayout; reason: string }>;

/**
 * Puts requests into batches. A batch pays all or none, so one request that cannot be paid holds back
 * the others: after a refusal each of them is tried alone, and what is refused alone is given back.
 * @param waiting those first that were asked first
 * @param most requests in one batch
 * @param patienceSeconds how long a batch waits to become full
 */
export function planPayouts(
  waiting: readonly WaitingPayout[],
  { most, patienceSeconds }: Readonly<{ most: number; patienceSeconds: number }>,
  nowSeconds: number,
): readonly PayoutStep[] {
  const steps: PayoutStep[] = [];
  const together: WaitingPayout[] = [];
  for (const request of waiting) {
    const { refused } = request;
    if (refused === undefined) together.push(request);
    else if (refused.requests > 1) steps.push({ kind: 'Batch', requests: [request] });
    else steps.push({ kind: 'GiveBack', request, reason: refused.message });
  }
  for (let at = 0; at < together.length; at += most) {
    const requests = together.slice(at, at + most);
    const [first] = requests;
    const isDue = nowSeconds - (first?.askedAtSeconds ?? nowSeconds) >= patienceSeconds;
    if (requests.length === most || isDue) steps.push({ kind: 'Batch', requests });
  }
  return steps;
}
