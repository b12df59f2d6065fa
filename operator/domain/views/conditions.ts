import type { Condition } from '../../../crds/schema/index.ts';
import type { ConditionView } from './types.ts';

/** Conditions without what only controllers need. */
export function conditionViews(
  conditions: readonly Condition[] | undefined,
): readonly ConditionView[] {
  return (conditions ?? []).map(({ type, status, reason, message, lastTransitionTime }) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime,
  }));
}

/** The condition of a type, if it is there. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether a condition is there and True. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
