import type { IOSlashCaseReason } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import { epochAt } from '../../domain/epoch.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import type { ProgramTerms, StakePosition } from '../../domain/settlement/program-state.ts';
import type { CaseAttempt, CaseSnapshot } from './snapshot.ts';

type Opening = Readonly<{
  opened: ConditionIntent<'Opened'>;
  record: Readonly<{ kind: 'OpenCase'; attempt: number; amount: bigint }> | undefined;
  /** It was recorded before, and may still be opened. */
  isUnderWay: boolean;
}>;

/** Attempts at one operation; after that a person has to look. */
export const maximumAttempts = 8;

/** Decides whether a case can be put on the chain now, and with how much. */
export function decideOpening(snapshot: CaseSnapshot): Opening {
  const { terms, stake, attempts } = snapshot;
  const last = attempts.OpenCase;
  if (last !== undefined && last.state.state !== 'Refused') {
    const message = last.state.message === '' ? '' : ` (${last.state.message})`;
    const opened = not('Recording', `The case is on its way to the chain.${message}`);
    return { opened, record: undefined, isUnderWay: true };
  }
  const refused = refusalOf(snapshot, last);
  if (refused !== undefined || stake === undefined || terms === undefined) {
    const opened = refused ?? not('ChainUnavailable', 'The chain was not read yet.');
    return { opened, record: undefined, isUnderWay: false };
  }
  const amount = amountOf(snapshot, stake);
  const opened = not('Recording', `A case for ${io(amount)} is put on the chain.`);
  const attempt = (last?.number ?? 0) + 1;
  return { opened, record: { kind: 'OpenCase', attempt, amount }, isUnderWay: false };
}

/** Why it has to wait; the first thing that is in the way. */
function refusalOf(
  snapshot: CaseSnapshot,
  last: CaseAttempt,
): ConditionIntent<'Opened'> | undefined {
  const { terms, stake, owner, hasDevice, slashCase } = snapshot;
  if (terms === undefined) return not('ChainUnavailable', 'The chain was not read yet.');
  if (last !== undefined && last.number >= maximumAttempts) {
    return not('Refused', last.state.message);
  }
  // A device that was taken away leaves its stake behind, and the case with it.
  if (stake === undefined || stake.amount === 0n) {
    const { name } = slashCase.spec.deviceRef;
    if (!hasDevice && stake === undefined) return not('DeviceNotFound', `There is no ${name}.`);
    const why = owner.kind === 'Missing' ? ` ${owner.message}` : '';
    return not('NotStaked', `There is no stake behind ${name} that a case could take.${why}`);
  }
  if (terms.paused) return not('Paused', 'No case is opened while the program is paused.');
  return capRefusal(snapshot, terms, amountOf(snapshot, stake));
}

function capRefusal(
  { nowSeconds, capTaken }: CaseSnapshot,
  terms: ProgramTerms,
  amount: bigint,
): ConditionIntent<'Opened'> | undefined {
  const { slashCapPerEpoch: cap, slashedEpoch, slashedInEpoch, genesisSeconds } = terms;
  const isNow = epochAt(nowSeconds, genesisSeconds) === slashedEpoch;
  const taken = (isNow ? slashedInEpoch : 0n) + capTaken;
  if (amount > cap) {
    const message = `${io(amount)} are more than cases may take in one epoch, which is ${io(cap)}: ask for less.`;
    return not('CapReached', message);
  }
  if (taken + amount <= cap) return undefined;
  const message = `Cases may take ${io(cap)} in one epoch; it waits for the next one.`;
  return not('CapReached', message);
}

/** Of a smaller stake all that is in no case. */
function amountOf({ slashCase }: CaseSnapshot, { amount }: StakePosition): bigint {
  const asked = BigInt(slashCase.spec.amountBaseUnits);
  return asked < amount ? asked : amount;
}

const io = (amount: bigint): string => `${formatAmount(amount, 'IO')} IO`;

function not(reason: IOSlashCaseReason<'Opened'>, message: string): ConditionIntent<'Opened'> {
  return { type: 'Opened', status: 'False', reason, message };
}
