// Books the events of the chain again, and what was decided beside them.
import { check, group, hex, index, rows, sha256, textOf } from './bundle.mjs';

const payees = group('payees.csv', 'operation_id');
const proved = index('wallet_owners.csv', 'wallet');
const event = /^[1-9A-HJ-NP-Za-km-z]{64,88}\/\d+$/;

/** What deposits of an account carry: sha256 of both parts, each after its length in four bytes. */
function referenceOf(account) {
  const parts = ['io-deposit', account].map((part) => Buffer.from(part));
  return hex(
    sha256(Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), part]))),
  );
}
const deposit = (owner) =>
  owner === ''
    ? ['Unassigned', 'custody,', 'suspense,']
    : ['Deposit', 'custody,', `renter:available,${owner}`];
/** By the kind of an event: cause, debit and credit of what it moves. */
const moves = {
  Deposited: deposit,
  Received: deposit,
  PaidOut: (owner) => ['PaidOut', `payout:pending,${owner}`, 'custody,'],
  Staked: (owner) => ['Stake', 'vault:stake,', `supplier:staked,${owner}`],
  Withdrawn: (owner) => ['Unstake', `supplier:staked,${owner}`, 'vault:stake,'],
  CaseOpened: (owner) => ['CaseOpened', `supplier:staked,${owner}`, `case:escrow,${owner}`],
  CaseReversed: (owner) => ['CaseReversed', `case:escrow,${owner}`, `supplier:staked,${owner}`],
  CaseBurnt: (owner) => ['Burn', `case:escrow,${owner}`, 'burn,'],
  Claimed: (owner) => ['Claim', `supplier:rewards,${owner}`, `rewards:claimed,${owner}`],
};

function mayOwn({ kind, owner, wallet, reference }) {
  if (moves[kind] === deposit) return owner === '' || referenceOf(owner) === reference;
  if (wallet === '') return owner === '';
  return owner === `wallet/${wallet}` || owner === proved.get(wallet)?.account;
}

/** A payment is for those who asked for it; if it is not what they asked for, it is nobody's. */
function partsOf({ kind, owner, amount, operation_id: operation }) {
  if (kind !== 'PaidOut') return [[owner, amount]];
  const sums = new Map();
  for (const each of payees.get(operation) ?? [])
    sums.set(each.account, (sums.get(each.account) ?? 0n) + each.amount);
  const total = [...sums.values()].reduce((sum, each) => sum + each, 0n);
  return total === amount ? sums : [['', amount]];
}

/** Yields what has to be posted: epoch, cause, debit, credit, asset, subject, amount. */
export function* chainMoves() {
  for (const row of rows('chain_events.csv')) {
    const subject = `${row.signature}/${row.index}`;
    check(`${row.kind} ${subject} may be of ${row.owner}`, mayOwn(row), true);
    if (moves[row.kind] === undefined || !(row.amount > 0n)) continue;
    for (const [owner, amount] of partsOf(row))
      yield [row.posted_epoch, ...moves[row.kind](owner), row.asset || 'IO', subject, amount];
  }
  for (const row of rows('decisions.csv')) {
    const sides = [
      `${row.debit_kind},${row.debit_owner}`,
      `${row.credit_kind},${row.credit_owner}`,
    ];
    yield [row.epoch, row.cause, ...sides, row.asset, textOf(row.subject), row.amount];
  }
}

/** Whether a deposit is one of the chain, and not of deposits.csv. */
export const isOfChain = (subject) => event.test(subject);

/** Whether a transfer gives to an account what was booked to its wallet before it proved that. */
export function isAdoption({ cause, debit_owner: from, credit_owner: to }, subject) {
  const wallet = /^wallet\/(\S+) after event \d+$/.exec(subject)?.[1];
  if (cause !== 'Assigned' || wallet === undefined) return false;
  const owner = from === `wallet/${wallet}` ? to : from;
  check(`owner of ${wallet}`, owner, proved.get(wallet)?.account);
  return true;
}
