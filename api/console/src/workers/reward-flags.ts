/** What was known of a device when an epoch was shared, in words. */
const wanted = [
  ['Verified', 'not verified'],
  ['Up', 'not up for long enough'],
  ['AccountKnown', 'the data centre names no account'],
] as const;
const unwanted = [
  ['Slashed', 'stake was burnt'],
  ['CoolingDown', 'the stake was asked back'],
] as const;

/** Why a device got what it got in an epoch: what spoke against it, or else what counted. */
export function rewardReason(flags: readonly string[], amount: string): string {
  const has = (flag: string): boolean => flags.includes(flag);
  if (/[1-9]/.test(amount)) {
    return has('Leased') ? 'leased: counts 10 % more' : 'offered and up';
  }
  const faults: string[] = [
    ...wanted.filter(([flag]) => !has(flag)).map(([, text]) => text),
    ...unwanted.filter(([flag]) => has(flag)).map(([, text]) => text),
  ];
  if (!has('Offered') && !has('Leased')) faults.push('neither offered nor leased');
  // Whether it needs a stake is a rule of the network, so it is told where nothing else says why.
  if (faults.length === 0 && !has('Staked')) faults.push('stake missing');
  return faults.length === 0 ? 'its model is not rewarded' : faults.join(', ');
}
