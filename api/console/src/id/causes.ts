import type { TransferCause } from '../../../../operator/domain/ledger/types.ts';

type Words = readonly [title: string, why: string];

/** Why money moved, in words. */
const words: Readonly<Record<TransferCause, Words>> = {
  Deposit: ['Deposit', 'Tokens arrived in custody for this account.'],
  Hold: ['Reserved', 'Set aside for the next hours of a lease; what is not used comes back.'],
  HoldRenewed: ['Reserved again', 'At the end of an hour the reservation was filled up.'],
  HoldReleased: ['Reservation returned', 'A lease ended; the rest of its reservation came back.'],
  Usage: ['Use of GPUs', 'Seconds in which rented workers were ready, at the agreed price.'],
  RenterFee: ['Renter’s fee', '0.25 % for the reservation, and 2 % for paying in USDC.'],
  SupplierFee: ['Supplier’s fee', '0.25 % of what was earned.'],
  Rounding: ['Rounding', 'What is left when parts are rounded to whole units.'],
  Correction: ['Correction', 'Usage of an earlier hour was reported later.'],
  Emission: ['Emission', 'New IO of the emission curve.'],
  Reward: ['Block reward', 'The part of an hour’s emission that devices of this account got.'],
  Claim: ['Reward claimed', 'A wallet took its rewards on chain.'],
  Stake: ['Staked', 'IO was put behind a device.'],
  Unstake: ['Stake withdrawn', 'IO came back after its cooldown.'],
  CaseOpened: ['Put at risk', 'A case was opened; this part of the stake waits for its outcome.'],
  CaseReversed: ['Case reversed', 'The stake at risk came back.'],
  Burn: ['Burnt', 'A case was upheld, or nobody appealed in time.'],
  Unassigned: ['Not assigned', 'Came without a reference that is known.'],
  Assigned: ['Assigned', 'It was found out whose it is.'],
  Withdrawal: ['Withdrawal', 'Asked for by the account; on its way to the wallet.'],
  Payout: ['Payout', 'Earnings on their way to the wallet.'],
  PaidOut: ['Paid out', 'It arrived in the wallet.'],
  PayoutReturned: ['Returned', 'It could not be paid out and came back.'],
  DriftRepair: ['Repair', 'A person approved that the ledger follows the chain.'],
};

export const causeTitle = (cause: string): string => entry(cause)?.[0] ?? cause;
export const causeWhy = (cause: string): string => entry(cause)?.[1] ?? '';

/** A cause that a newer server has is shown as it is. */
const entry = (cause: string): Words | undefined =>
  Object.hasOwn(words, cause) ? words[cause as TransferCause] : undefined;
