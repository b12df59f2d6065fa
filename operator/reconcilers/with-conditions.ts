import type { Condition } from '../../crds/schema/index.ts';
import type { ConditionIntent } from '../domain/condition-intent.ts';
import { setCondition } from '../runtime/status.ts';

/**
 * The conditions of an object after `intents`; times move only where a status changes. The same
 * list comes back when nothing does.
 */
export function withConditions(
  before: readonly Condition[] | undefined,
  intents: readonly ConditionIntent[],
  generation: number | undefined,
  nowMs: number,
): readonly Condition[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  let conditions: ReturnType<typeof setCondition> = [...(before ?? [])];
  let changed = false;
  for (const intent of intents) {
    const input = { ...intent, observedGeneration: generation ?? 0 };
    const next = setCondition(conditions, input, now);
    changed ||= next !== conditions;
    conditions = next;
  }
  return changed || before === undefined ? (conditions as Condition[]) : before;
}
