import type { Condition } from './kube-object.ts';

/** A condition as a controller states it; the time is added when the status changes. */
export type ConditionInput = Omit<Condition, 'lastTransitionTime'>;

/**
 * The conditions with one of them set, in an order that stays. `lastTransitionTime` moves only
 * with `status`. The same array comes back when nothing changes. `nowIso` is RFC 3339.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  input: ConditionInput,
  nowIso: string,
): Condition[] {
  const before = (conditions ?? []) as Condition[];
  const index = before.findIndex((condition) => condition.type === input.type);
  const previous = before[index];
  if (previous === undefined) return [...before, { ...input, lastTransitionTime: nowIso }];
  const moved = previous.status !== input.status;
  const next = {
    ...input,
    lastTransitionTime: moved ? nowIso : previous.lastTransitionTime,
  };
  if (!moved && sameText(previous, next)) return before;
  return before.with(index, next);
}

/** The conditions without one; the same array when it is not there. */
export function removeCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition[] {
  const before = (conditions ?? []) as Condition[];
  return before.some((condition) => condition.type === type)
    ? before.filter((condition) => condition.type !== type)
    : before;
}

/** The condition of that type, if it is there. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there and `True`. */
export function isConditionTrue(
  conditions: readonly Condition[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

function sameText(a: Condition, b: Condition): boolean {
  return (
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
