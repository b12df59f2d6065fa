/** Whether the use of a lease is counted. */
export type MeteringStage = 'NotStarted' | 'Metering' | 'Stalled';

/** A member that has reported nothing for so long, though the cluster is ready, has stalled. */
export const stalledAfterSeconds = 120;

export type MeteringFacts = Readonly<{
  firstUsageSeconds: number | undefined;
  /** The member's reports reach until then. */
  observedUntilSeconds: number | undefined;
  /** Since when the cluster is ready without a break; undefined: it is not. */
  readySinceSeconds: number | undefined;
  nowSeconds: number;
}>;

/** Ready and not reported is what must not stay unseen: it is used and cannot be billed. */
export function judgeMetering(facts: MeteringFacts): MeteringStage {
  const { readySinceSeconds, observedUntilSeconds = 0, nowSeconds } = facts;
  if (readySinceSeconds !== undefined) {
    const silentSince = Math.max(readySinceSeconds, observedUntilSeconds);
    if (nowSeconds - silentSince > stalledAfterSeconds) return 'Stalled';
  }
  return facts.firstUsageSeconds === undefined ? 'NotStarted' : 'Metering';
}
