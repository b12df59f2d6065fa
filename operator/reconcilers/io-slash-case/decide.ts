import type {
  IOSlashCaseConditionType,
  IOSlashCaseReason,
  IOSlashCaseStatus,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import type { ChainCase } from '../../domain/settlement/program-state.ts';
import { instant } from '../../domain/instant.ts';
import { decideOpening, maximumAttempts } from './decide-opening.ts';
import type { CaseOperationKind, CaseSnapshot } from './snapshot.ts';

/** What to record, so that it is done on chain once. */
export type CaseRecord = Readonly<{ kind: CaseOperationKind; attempt: number; amount: bigint }>;

export type CaseDecision = Readonly<{
  conditions: readonly ConditionIntent<IOSlashCaseConditionType>[];
  chain: IOSlashCaseStatus['chain'];
  appeal: IOSlashCaseStatus['appeal'];
  outcome: Readonly<{ decision: 'Reversed' | 'Burned' }> | undefined;
  record: CaseRecord | undefined;
  /** `ensure` before anything is recorded, `release` once nothing can come of it any more. */
  finalizer: 'ensure' | 'release' | 'keep';
  /** Look again then, since nothing will tell. */
  isWaiting: boolean;
}>;

/** Decides what becomes of a case: it mirrors the chain, opens the case there, and ends it in time. */
export function decide(snapshot: CaseSnapshot): CaseDecision {
  const { found, slashCase } = snapshot;
  if (found !== undefined) return decideOpened(snapshot, found);
  const opening = decideOpening(snapshot);
  const isDeleted = slashCase.metadata.deletionTimestamp !== undefined;
  return {
    conditions: [
      opening.opened,
      condition('Appealed', 'False', 'NotOpened', 'There is nothing to appeal against yet.'),
      condition('Resolved', 'False', 'Pending', 'The case is not opened yet.'),
    ],
    chain: undefined,
    appeal: undefined,
    outcome: undefined,
    record: isDeleted ? undefined : opening.record,
    finalizer: finalizerOf(isDeleted, opening),
    isWaiting: true,
  };
}

/** A case that was recorded will be opened: it is kept until it is decided. */
function finalizerOf(
  isDeleted: boolean,
  { record, isUnderWay }: ReturnType<typeof decideOpening>,
): CaseDecision['finalizer'] {
  if (isDeleted) return isUnderWay ? 'keep' : 'release';
  return record === undefined ? 'keep' : 'ensure';
}

function decideOpened(snapshot: CaseSnapshot, found: ChainCase): CaseDecision {
  const isEnded = found.state === 'Reversed' || found.state === 'Burnt';
  const ending = isEnded ? undefined : endingOf(snapshot, found);
  return {
    conditions: [
      openedCondition(snapshot, found),
      appealedCondition(snapshot, found),
      ending?.resolved ?? resolvedCondition(found),
    ],
    chain: chainOf(snapshot, found),
    appeal: appealOf(found),
    outcome: isEnded ? { decision: found.state === 'Burnt' ? 'Burned' : 'Reversed' } : undefined,
    record: ending?.record,
    finalizer: isEnded ? 'release' : 'ensure',
    isWaiting: ending?.record !== undefined || ending?.isUnderWay === true,
  };
}

function chainOf({ slashCase, stake }: CaseSnapshot, found: ChainCase): CaseDecision['chain'] {
  const told = slashCase.status?.chain;
  if (told !== undefined) return told;
  // The stake of an open case cannot go; without it the watch has not brought it yet.
  if (stake === undefined) return undefined;
  return {
    address: found.address,
    stake: found.stake,
    owner: stake.owner,
    amountBaseUnits: String(found.amount),
    openedTime: instant(found.openedSeconds),
    deadlineTime: instant(found.deadlineSeconds),
  };
}

function appealOf({ appeal }: ChainCase): CaseDecision['appeal'] {
  return appeal === undefined
    ? undefined
    : { time: instant(appeal.seconds), sha256: appeal.sha256 };
}

function openedCondition({ slashCase }: CaseSnapshot, { amount }: ChainCase) {
  const asked = BigInt(slashCase.spec.amountBaseUnits);
  const message =
    amount === asked
      ? `${io(amount)} are at risk.`
      : `${io(amount)} are at risk: the stake had no more of the ${io(asked)} that were asked for.`;
  return condition('Opened', 'True', 'Opened', message);
}

function appealedCondition({ nowSeconds }: CaseSnapshot, found: ChainCase) {
  if (found.appeal !== undefined) {
    return condition('Appealed', 'True', 'Appealed', 'The owner of the stake appealed.');
  }
  const deadline = instant(found.deadlineSeconds);
  return nowSeconds >= found.deadlineSeconds
    ? condition('Appealed', 'False', 'DeadlinePassed', `Nobody appealed until ${deadline}.`)
    : condition('Appealed', 'False', 'NotAppealed', `The owner may appeal until ${deadline}.`);
}

function resolvedCondition({ state, appeal, amount }: ChainCase) {
  if (state === 'Reversed') {
    const message = `${io(amount)} went back to the stake.`;
    return condition('Resolved', 'True', 'Reversed', message);
  }
  return appeal === undefined
    ? condition('Resolved', 'True', 'Burned', `${io(amount)} were burnt; nobody appealed.`)
    : condition('Resolved', 'True', 'Upheld', `The case was upheld and ${io(amount)} were burnt.`);
}

type Ending = Readonly<{
  resolved: ConditionIntent<IOSlashCaseConditionType>;
  record: CaseRecord | undefined;
  isUnderWay: boolean;
}>;

/** Who has to act on an open case, and what the hub does when it is time. */
function endingOf(snapshot: CaseSnapshot, found: ChainCase): Ending {
  const { nowSeconds, terms } = snapshot;
  const pending = (message: string): Ending => ({
    resolved: condition('Resolved', 'False', 'Pending', message),
    record: undefined,
    isUnderWay: false,
  });
  if (found.appeal === undefined) {
    if (nowSeconds < found.deadlineSeconds) return pending('The owner has time to appeal.');
    if (terms?.paused === true) return pending('Nothing is burnt while the program is paused.');
    const message = `Nobody appealed: ${io(found.amount)} are burnt.`;
    return end(snapshot, 'FinalizeBurn', condition('Resolved', 'False', 'Burning', message));
  }
  const dueSeconds = found.appeal.seconds + (terms?.adjudicationSeconds ?? 0);
  if (terms === undefined || nowSeconds < dueSeconds) {
    return pending(`The adjudicator has to decide until ${instant(dueSeconds)}.`);
  }
  const message = `Nobody decided until ${instant(dueSeconds)}: ${io(found.amount)} go back to the stake.`;
  return end(snapshot, 'ResolveCase', condition('Resolved', 'False', 'Reversing', message));
}

function end(
  { attempts }: CaseSnapshot,
  kind: 'FinalizeBurn' | 'ResolveCase',
  resolved: ConditionIntent<IOSlashCaseConditionType>,
): Ending {
  const last = attempts[kind];
  if (last !== undefined && last.state.state !== 'Refused') {
    return { resolved, record: undefined, isUnderWay: true };
  }
  const attempt = (last?.number ?? 0) + 1;
  if (last === undefined || attempt <= maximumAttempts) {
    return { resolved, record: { kind, attempt, amount: 0n }, isUnderWay: true };
  }
  const refused = condition('Resolved', 'False', 'Refused', last.state.message);
  return { resolved: refused, record: undefined, isUnderWay: false };
}

const io = (amount: bigint): string => `${formatAmount(amount, 'IO')} IO`;

function condition<Type extends IOSlashCaseConditionType>(
  type: Type,
  status: ConditionIntent['status'],
  reason: IOSlashCaseReason<Type>,
  message: string,
): ConditionIntent<Type> {
  return { type, status, reason, message };
}
