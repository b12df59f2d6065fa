import type { Condition } from '../../../crds/schema/index.ts';

export type EventNote = Readonly<{ type: 'Normal' | 'Warning'; reason: string; message: string }>;

type Change = Readonly<{ now: Condition; before: Condition | undefined }>;

/** Reasons of Funded from low to over: when one begins and when it ends are both news. */
const moneyRunsOut = new Set([
  'BudgetLow',
  'BudgetAlmostSpent',
  'BudgetEnding',
  'InsufficientFunds',
  'LedgerUnavailable',
]);

/** Why a cluster is moved although its renter did not ask for it. */
const lostPlace = new Set(['MemberLost', 'MemberDraining', 'DeviceBroken']);

/** What a person should hear of, by condition type; steps on the way to Ready are no news. */
const news: Readonly<Record<string, (change: Change) => boolean>> = {
  Valid: ({ now, before }) => now.status === 'False' || before?.status === 'False',
  Admitted: ({ now }) => now.status === 'False' && now.reason !== 'Invalid',
  Placed: ({ now }) => now.status === 'True' || lostPlace.has(now.reason),
  Provisioned: ({ now }) => now.reason === 'RefusedByMember',
  Ready: ({ now, before }) => now.status === 'True' || before?.status === 'True',
  Funded: ({ now, before }) =>
    moneyRunsOut.has(now.reason) ||
    (now.reason === 'Funded' && moneyRunsOut.has(before?.reason ?? '')),
  Metering: ({ now }) => now.status === 'True' || now.reason === 'Stalled',
  Finished: ({ now }) => now.status === 'True',
};

/** Bad news by itself; everything else is told as Normal. */
const warnings = new Set([
  'Invalid',
  'AccountNotFound',
  'PriorityClassNotFound',
  'NoCapacity',
  'NoMatchingDevices',
  'OverBudget',
  'AccountRequired',
  'PriceUnknown',
  'InsufficientFunds',
  'LedgerUnavailable',
  'BudgetLow',
  'BudgetAlmostSpent',
  'BudgetEnding',
  'BudgetExhausted',
  'Stalled',
  'QuotaExceeded',
  'ScaleUpWaiting',
  'RefusedByMember',
  'MemberUnreachable',
  'MemberLost',
  'MemberDraining',
  'MemberGone',
  'DeviceBroken',
  'HeadNotReady',
  'WorkersNotReady',
  'HeldByQueue',
  'NotProvisioned',
]);

/** One event for each change of status or reason that a person should know of, told once. */
export function eventsOf(
  before: readonly Condition[] | undefined,
  after: readonly Condition[] | undefined,
): readonly EventNote[] {
  const notes = new Map<string, EventNote>();
  for (const now of after ?? []) {
    const previous = before?.find(({ type }) => type === now.type);
    if (previous?.status === now.status && previous.reason === now.reason) continue;
    if (news[now.type]?.({ now, before: previous }) !== true) continue;
    const type = warnings.has(now.reason) ? 'Warning' : 'Normal';
    // The same sentence stands in several conditions: suspended, finished, waiting.
    if (!notes.has(now.message)) {
      notes.set(now.message, { type, reason: now.reason, message: now.message });
    }
  }
  return [...notes.values()];
}
