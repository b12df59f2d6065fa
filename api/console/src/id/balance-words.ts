/** Kinds of accounts of the ledger, as people call them. */
const words = new Map([
  ['renter:available', 'Available'],
  ['renter:held', 'Reserved'],
  ['supplier:earned', 'Earned'],
  ['supplier:rewards', 'Rewards'],
  ['supplier:staked', 'Staked'],
  ['case:escrow', 'At risk'],
  ['rewards:claimed', 'Claimed'],
  ['payout:pending', 'On its way'],
]);

export const balanceWord = (account: string): string => words.get(account) ?? account;
