import type { CaseView } from '../../../../operator/domain/views/types.ts';
import type { Tone } from '../design/tone.ts';

/** Where a case stands, and whether its owner can still do something. */
export type CaseStage = Readonly<{
  label: string;
  tone: Tone;
  text: string;
  mayAppeal: boolean;
}>;

type Standing = Pick<CaseView, 'openedAt' | 'appealDeadline' | 'appeal' | 'outcome' | 'conditions'>;

export function caseStage(of: Standing, nowMs: number): CaseStage {
  if (of.outcome !== undefined) return ended(of.outcome.decision);
  if (of.openedAt === undefined) {
    const told = of.conditions.find(({ type }) => type === 'Opened')?.message ?? '';
    const text = told === '' ? 'It is being written to the chain.' : told;
    return { label: 'Not open yet', tone: 'neutral', text, mayAppeal: false };
  }
  if (of.appeal !== undefined) {
    const text =
      'The appeal is on the chain. An adjudicator decides; if nobody does in time, the stake goes back.';
    return { label: 'Appealed', tone: 'warn', text, mayAppeal: false };
  }
  const deadlineMs = Date.parse(of.appealDeadline ?? '');
  if (nowMs < deadlineMs) {
    const text =
      'You can appeal until the deadline. Without an appeal the stake is burnt after it.';
    return { label: 'Open for appeal', tone: 'bad', text, mayAppeal: true };
  }
  const text = 'Nobody appealed in time; the stake is being burnt.';
  return { label: 'Deadline passed', tone: 'bad', text, mayAppeal: false };
}

function ended(decision: string): CaseStage {
  const mayAppeal = false;
  switch (decision) {
    case 'Reversed':
      return {
        label: 'Reversed',
        tone: 'good',
        text: 'The stake is back behind the device.',
        mayAppeal,
      };
    case 'Burned':
      return { label: 'Burnt', tone: 'bad', text: 'The stake at risk was burnt.', mayAppeal };
    case 'Upheld':
      return { label: 'Upheld', tone: 'bad', text: 'The stake at risk is being burnt.', mayAppeal };
    default:
      return { label: decision, tone: 'neutral', text: '', mayAppeal };
  }
}

const accusations: Readonly<Record<string, string>> = {
  FalseInventory: 'The device is not what it says it is',
  DuplicateDevice: 'The same device was offered twice',
  FailedChallenges: 'It did not answer what it was asked to compute',
  UnauthorizedAccess: 'Somebody looked into what a renter ran',
  InadequateService: 'What was rented did not work as it should',
};

/** What somebody is accused of, in words; unknown words stay as they are. */
export const accusationText = (reason: string): string =>
  Object.hasOwn(accusations, reason) ? (accusations[reason] ?? reason) : reason;

/** At most so much fits into the object that keeps the statement. */
export const longestStatement = 4_096;

export function statementFault(statement: string): string | undefined {
  if (statement.trim() === '') return 'Say why the accusation is wrong.';
  // Some letters count twice in what a browser counts; the hub counts letters.
  const letters = Array.from(statement).length;
  return letters > longestStatement
    ? `It has ${letters} letters; at most ${longestStatement} are possible.`
    : undefined;
}

type CaseStep = Readonly<{
  id: string;
  label: string;
  state: 'done' | 'current' | 'todo' | 'skipped';
  time?: string;
}>;

/** The steps of a case in their order, and where it is. */
export function caseSteps(of: Standing & Pick<CaseView, 'createdAt'>): readonly CaseStep[] {
  const { createdAt, openedAt, appeal, outcome } = of;
  const times = [
    ['accused', 'Accused', createdAt],
    ['opened', 'Opened on the chain', openedAt],
    ['appealed', appeal === undefined ? 'Appeal' : 'Appealed', appeal?.time],
    ['decided', outcome === undefined ? 'Decision' : ended(outcome.decision).label, outcome?.time],
  ] as const;
  const next = times.findIndex(([, , time]) => time === undefined);
  return times.map(([id, label, time], place): CaseStep => {
    if (time !== undefined) return { id, label, state: 'done', time };
    // Decided without an appeal: that step was passed over.
    if (outcome !== undefined) return { id, label, state: 'skipped' };
    return { id, label, state: place === next ? 'current' : 'todo' };
  });
}
