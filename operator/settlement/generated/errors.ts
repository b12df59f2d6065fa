// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.

/** What the program refuses, as custom error codes of its instructions. */
export const programErrors = [
  {
    code: 6000,
    name: 'WrongAuthority',
    message: 'the signer does not hold the role that this needs, or does not own the account',
  },
  { code: 6001, name: 'WrongAccount', message: 'an account is not the one that the state names' },
  {
    code: 6002,
    name: 'WrongProgram',
    message: 'a program account is not the program that it has to be',
  },
  { code: 6003, name: 'CooldownNotOver', message: 'the cooldown of the stake is not over' },
  {
    code: 6004,
    name: 'BadProof',
    message: 'the proof does not lead from this wallet and total to the root',
  },
  { code: 6005, name: 'MissingSignature', message: 'an account that has to sign did not' },
  {
    code: 6006,
    name: 'WrongOwner',
    message: 'an account does not belong to the program that has to own it',
  },
  { code: 6007, name: 'AlreadyExists', message: 'the account exists already' },
  {
    code: 6008,
    name: 'BadData',
    message: 'the instruction data has the wrong length or a value that is out of range',
  },
  { code: 6009, name: 'Overflow', message: 'an amount left the range of 64 bits' },
  { code: 6010, name: 'Paused', message: 'the program is paused' },
  { code: 6011, name: 'NotCooling', message: 'nobody has asked to unstake' },
  {
    code: 6012,
    name: 'AlreadyCooling',
    message: 'the stake is cooling down, which is irreversible',
  },
  {
    code: 6013,
    name: 'NothingToWithdraw',
    message: 'all that is left of the stake is in open cases',
  },
  { code: 6014, name: 'AmountZero', message: 'the amount is zero' },
  { code: 6015, name: 'ExceedsStake', message: 'the case asks for more than the stake has' },
  { code: 6016, name: 'SlashCapReached', message: 'the cases of this epoch would exceed the cap' },
  { code: 6017, name: 'HashZero', message: 'the hash is zero' },
  { code: 6018, name: 'CaseClosed', message: 'the case is decided' },
  { code: 6019, name: 'CaseNotAppealed', message: 'only an appealed case can be upheld' },
  {
    code: 6020,
    name: 'CaseAppealed',
    message: 'the case is appealed and waits for the adjudicator',
  },
  { code: 6021, name: 'DeadlinePassed', message: 'the deadline for an appeal has passed' },
  { code: 6022, name: 'DeadlineNotOver', message: 'the deadline is not over' },
  { code: 6023, name: 'EpochNotAfter', message: 'the epoch is not after that of the last root' },
  { code: 6024, name: 'EpochNotOver', message: 'the epoch is not over' },
  {
    code: 6025,
    name: 'TotalFalls',
    message: 'the total of the root is less than that of the last one',
  },
  {
    code: 6026,
    name: 'TotalExceedsEmission',
    message: 'the total of the root grows by more than the epochs between may emit',
  },
  { code: 6027, name: 'BadDepth', message: 'the depth is not that of a tree with so many leaves' },
  {
    code: 6028,
    name: 'RootImmature',
    message: 'the challenge delay of the pending root is not over',
  },
  { code: 6029, name: 'RootMature', message: 'the challenge delay of the root is over' },
  { code: 6030, name: 'NoRoot', message: 'there is no root' },
  { code: 6031, name: 'NothingToClaim', message: 'the wallet has claimed all of its total' },
  {
    code: 6032,
    name: 'ClaimExceedsTotal',
    message: 'all claims together would exceed the total of the root',
  },
  { code: 6033, name: 'RewardsShort', message: 'the rewards vault has less than the claim' },
  {
    code: 6034,
    name: 'PayOutCapReached',
    message: 'the pay-outs of this epoch would exceed the cap',
  },
  {
    code: 6035,
    name: 'BadPayOut',
    message:
      'a pay-out needs one destination for each amount, and at most as many as one operation takes',
  },
  { code: 6036, name: 'OperationDone', message: 'the operation has been paid out' },
  {
    code: 6037,
    name: 'OperationExpired',
    message: 'the operation is older than its window, or from the future',
  },
  { code: 6038, name: 'OperationTooYoung', message: 'the operation could still be repeated' },
  { code: 6039, name: 'SameKey', message: 'slasher and adjudicator have to differ' },
  { code: 6040, name: 'NoPendingAuthority', message: 'no authority is proposed' },
  { code: 6041, name: 'VaultAsDestination', message: 'the destination is a vault of the program' },
  {
    code: 6042,
    name: 'WrongTokenAccount',
    message: 'the token account has the wrong mint or owner',
  },
  { code: 6043, name: 'WrongMint', message: 'a mint has the wrong decimals, or both are the same' },
  {
    code: 6044,
    name: 'NotUpgradeAuthority',
    message: 'only the upgrade authority of the program may initialize it',
  },
] as const;

export type ProgramErrorName = (typeof programErrors)[number]['name'];
