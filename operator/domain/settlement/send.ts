/** When a transaction is signed, sent again, waited for and given up: the decision about one operation. */

/** Why a transaction failed; `code` is what a program gave. */
export type Failure = Readonly<{ name: string; code: number | undefined }>;

/** What the chain says of a signature. What was seen and is not final may be taken back by a fork. */
export type Seen =
  | Readonly<{ kind: 'Missing' | 'Processing' | 'Finalized' }>
  /** Final: it took its fee, and had no effect. */
  | Readonly<{ kind: 'Failed'; failure: Failure }>;

/** Whether finalized state shows the effect of an operation. */
export type Landed = 'Done' | 'NotYet' | Readonly<{ refused: string }>;

/** A transaction that was signed for an operation, and stored before it was sent. */
export type Attempt = Readonly<{
  signature: string;
  /** `Prepare`: what may be there twice, such as a token account. Its landing is not the effect. */
  purpose: 'Effect' | 'Prepare';
  /** No block above this height can hold it. */
  lastValidHeight: bigint;
  signedAtSeconds: number;
  /** What is known for good; undefined while it may still land. */
  outcome: AttemptOutcome | undefined;
}>;

export type AttemptOutcome = 'Landed' | 'Failed' | 'Expired';

/**
 * What is seen of an operation. It is read in this order: the height, what became of the signatures,
 * then the state of the chain at a slot that is not before that height.
 */
export type Observation = Readonly<{
  finalizedHeight: bigint;
  /** By signature, of attempts without an outcome. */
  seen: ReadonlyMap<string, Seen>;
  landed: Landed;
  nowSeconds: number;
}>;

/** An outcome that became certain, to be written down. */
export type Ended = Readonly<{ signature: string; outcome: AttemptOutcome; error: string }>;

export type Step =
  | Readonly<{ kind: 'Sign' }>
  /** The same bytes once more. */
  | Readonly<{ kind: 'Resend'; signature: string }>
  | Readonly<{ kind: 'Wait'; why: string; untilSeconds?: number }>
  | Readonly<{ kind: 'Done'; signature: string | undefined }>
  | Readonly<{ kind: 'Refused'; message: string }>;

export type Decision = Readonly<{ step: Step; ended: readonly Ended[] }>;

/** After a failure the next attempt waits this long, doubling with each. */
const firstPauseSeconds = 5;
const longestPauseSeconds = 600;

const missing: Seen = { kind: 'Missing' };

/**
 * Decides what to do next for an operation. Its effect counts when finalized state shows it, whatever
 * nodes say of signatures. It is signed anew only when no attempt can land any more: each is known to
 * have failed, or a block above its last height is final and none has it. It is refused only then as
 * well, since what was sent may still take effect.
 */
export function decideSend(attempts: readonly Attempt[], observation: Observation): Decision {
  const { landed, seen } = observation;
  const open = attempts.filter(({ outcome }) => outcome === undefined);
  const ended = open.flatMap((attempt) => endOf(attempt, observation));
  const over = new Set(ended.map(({ signature }) => signature));
  const live = open.filter(({ signature }) => !over.has(signature));
  return { step: stepOf(), ended };

  function stepOf(): Step {
    if (landed === 'Done') {
      const signature = effectOf(attempts, ended);
      const unknown = live.find(({ purpose }) => purpose === 'Effect');
      if (signature !== undefined || unknown === undefined) return { kind: 'Done', signature };
      // Signatures were read before the effect: the next look knows which one had it.
      return { kind: 'Wait', why: `the effect is shown, and ${unknown.signature} not final yet` };
    }
    const found = live.find(({ signature }) => kindOf(seen, signature) !== 'Missing');
    if (found !== undefined) {
      const final = kindOf(seen, found.signature) === 'Finalized';
      const why = final ? 'is final and its effect is not shown yet' : 'is not final yet';
      return { kind: 'Wait', why: `${found.signature} ${why}` };
    }
    const [oldest] = live;
    if (landed !== 'NotYet') {
      if (oldest === undefined) return { kind: 'Refused', message: landed.refused };
      return { kind: 'Wait', why: `${landed.refused}, and ${oldest.signature} could still land` };
    }
    if (oldest !== undefined) return { kind: 'Resend', signature: oldest.signature };
    return afterPause(attempts, ended, observation.nowSeconds);
  }
}

/** The attempt that had the effect, as far as nodes say. */
function effectOf(attempts: readonly Attempt[], ended: readonly Ended[]): string | undefined {
  const landed = new Set(
    ended.filter(({ outcome }) => outcome === 'Landed').map(({ signature }) => signature),
  );
  return attempts.find(({ signature, purpose }) => purpose === 'Effect' && landed.has(signature))
    ?.signature;
}

function endOf(
  { signature, purpose, lastValidHeight }: Attempt,
  { seen, finalizedHeight, landed }: Observation,
): readonly Ended[] {
  const status = seen.get(signature) ?? missing;
  switch (status.kind) {
    case 'Finalized':
      // A node may say so of what never landed; it is believed when the effect is shown.
      return purpose === 'Prepare' || landed === 'Done'
        ? [{ signature, outcome: 'Landed', error: '' }]
        : [];
    case 'Failed':
      return [{ signature, outcome: 'Failed', error: status.failure.name }];
    case 'Processing':
      return [];
    case 'Missing':
      return finalizedHeight > lastValidHeight
        ? [{ signature, outcome: 'Expired', error: '' }]
        : [];
  }
}

const kindOf = (seen: Observation['seen'], signature: string): Seen['kind'] =>
  (seen.get(signature) ?? missing).kind;

function afterPause(
  attempts: readonly Attempt[],
  ended: readonly Ended[],
  nowSeconds: number,
): Step {
  const failedNow = new Set(
    ended.filter(({ outcome }) => outcome === 'Failed').map(({ signature }) => signature),
  );
  const failed = attempts.filter(
    ({ signature, outcome }) => outcome === 'Failed' || failedNow.has(signature),
  );
  const last = failed.at(-1);
  if (last === undefined) return { kind: 'Sign' };
  const untilSeconds = last.signedAtSeconds + pauseSeconds(failed.length);
  if (nowSeconds >= untilSeconds) return { kind: 'Sign' };
  return { kind: 'Wait', why: `${last.signature} failed`, untilSeconds };
}

/** How long an operation waits after this many failures in a row. */
export function pauseSeconds(failures: number): number {
  return Math.min(firstPauseSeconds * 2 ** Math.max(0, failures - 1), longestPauseSeconds);
}
