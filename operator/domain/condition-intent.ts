/**
 * What a condition should say. The writer adds `observedGeneration` and moves `lastTransitionTime`
 * only when `status` changes; a message holds nothing that changes without a change of state.
 */
export type ConditionIntent<Type extends string = string> = Readonly<{
  type: Type;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}>;

/** The longest message the API server takes in a condition is 32768; people read far less. */
export const MAX_CONDITION_MESSAGE_LENGTH = 1024;

/** Cuts a message to what fits a condition, and says that it did. */
export function boundedMessage(text: string, maxLength = MAX_CONDITION_MESSAGE_LENGTH): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}
