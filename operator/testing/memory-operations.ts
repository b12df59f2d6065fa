import type { AttemptOutcome } from '../domain/settlement/send.ts';
import type { ChainOperation, OperationState } from '../domain/settlement/types.ts';
import { OperationConflictError } from '../ports/chain-operations.ts';
import type { NewAttempt, OperationStore } from '../ports/operation-store.ts';

type Entry = {
  readonly operation: ChainOperation;
  readonly recordedAtSeconds: number;
  readonly attempts: (NewAttempt & {
    signedAtSeconds: number;
    outcome: AttemptOutcome | undefined;
  })[];
  nextAtSeconds: number;
  state: OperationState;
};

/** Operations in memory, with the rules of the tables. */
export function memoryOperations(): OperationStore {
  const entries = new Map<string, Entry>();
  const waiting = (): readonly Entry[] =>
    [...entries.values()].filter(({ state }) => state.state === 'Pending');
  const attempts = () => [...entries.values()].flatMap((entry) => entry.attempts);
  return {
    record: async (operation, nowSeconds) => {
      const known = entries.get(operation.operationId);
      if (known === undefined) {
        entries.set(operation.operationId, {
          operation,
          recordedAtSeconds: nowSeconds,
          attempts: [],
          nextAtSeconds: nowSeconds,
          state: { state: 'Pending', signature: undefined, message: '' },
        });
      } else if (JSON.stringify(known.operation) !== JSON.stringify(operation)) {
        throw new OperationConflictError(
          `${operation.operationId} was recorded with other content`,
        );
      }
    },
    states: async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const entry = entries.get(id);
          return entry === undefined ? [] : [[id, entry.state] as const];
        }),
      ),
    pending: async (limit, nowSeconds) =>
      waiting()
        .filter(({ nextAtSeconds }) => nextAtSeconds <= nowSeconds)
        .toSorted((a, b) => a.nextAtSeconds - b.nextAtSeconds)
        .slice(0, limit)
        .map(({ operation, recordedAtSeconds, attempts: all }) => ({
          ...operation,
          recordedAtSeconds,
          attempts: all.map((attempt) => ({ ...attempt })),
        })),
    addAttempt: async (attempt, nowSeconds) => {
      const entry = entries.get(attempt.operationId);
      if (entry?.state.state !== 'Pending') return false;
      if (attempt.number !== entry.attempts.length + 1) return false;
      if (entry.attempts.some(({ outcome }) => outcome === undefined)) return false;
      entry.attempts.push({ ...attempt, signedAtSeconds: nowSeconds, outcome: undefined });
      return true;
    },
    sent: async () => {},
    attemptsEnded: async (ended) => {
      for (const { signature, outcome } of ended) {
        const attempt = attempts().find((each) => each.signature === signature);
        if (attempt !== undefined) attempt.outcome ??= outcome;
      }
    },
    finish: async (id, end) => {
      const entry = entries.get(id);
      if (entry?.state.state === 'Pending') entry.state = end;
    },
    postpone: async (id, message, untilSeconds) => {
      const entry = entries.get(id);
      if (entry?.state.state !== 'Pending') return;
      entry.state = { ...entry.state, message };
      entry.nextAtSeconds = untilSeconds;
    },
    unclosedPayOuts: async () => [],
    backlog: async () => [],
  };
}
