import type { Account } from '../ledger/journal.ts';
import type { AccountKey, Asset } from '../ledger/types.ts';
import { compareText } from '../order.ts';
import { formatAmount } from '../pricing/assets.ts';
import { type Move, walletOwner } from './mirror.ts';

/** Where ledger and chain can differ. What has no account in the ledger has no repair either. */
export type DriftKind =
  | 'custody'
  | 'supplier:staked'
  | 'case:escrow'
  | 'burn'
  | 'rewards:claimed'
  /** A vault has less than the program owes from it. */
  | 'vault:stake'
  | 'vault:rewards'
  /** More IO exists than there may be, less what was burnt. */
  | 'supply'
  /** The program's totals are not the sum of its accounts. */
  | 'program';

/** 800,000,000 IO. */
const maxSupply = 80_000_000_000_000_000n;

/** What a drift is about. */
export type DriftKey = Readonly<{ kind: DriftKind; owner: AccountKey; asset: Asset }>;

/** A difference: `ledger` is what has to be on chain by the ledger, `chain` what is there. */
export type Drift = DriftKey & Readonly<{ ledger: bigint; chain: bigint; explanation: string }>;

/** What the chain has, read in one call. */
export type ChainTotals = Readonly<{
  custody: Readonly<Record<Asset, bigint>>;
  stakeVault: bigint;
  rewardsVault: bigint;
  supply: bigint;
  totalStaked: bigint;
  totalEscrowed: bigint;
  totalBurnt: bigint;
  claimedTotal: bigint;
  fundedTotal: bigint;
}>;

/** What the program keeps for each stake and for each wallet that claimed. */
export type ChainDetails = Readonly<{
  stakes: readonly Readonly<{
    address: string;
    owner: string;
    deviceId: string;
    amount: bigint;
    escrowed: bigint;
  }>[];
  claims: readonly Readonly<{ wallet: string; claimed: bigint }>[];
}>;

/** What the ledger has of one owner. */
export type OwnerStanding = Readonly<{ staked: bigint; escrowed: bigint; claimed: bigint }>;

/** The ledger at one instant, after the mirror had passed what was read of the chain. */
export type LedgerStanding = Readonly<{
  /** What custody has to have on chain: what was booked by hand came in elsewhere. */
  custody: Readonly<Record<Asset, bigint>>;
  burnt: bigint;
  owners: ReadonlyMap<AccountKey, OwnerStanding>;
  /** What changed since the chain was read, or while it was: nothing can be said of it now. */
  busy: Readonly<{
    custody: ReadonlySet<Asset>;
    owners: ReadonlySet<AccountKey>;
  }>;
  /** Transactions whose log was cut off, the newest last. */
  cutOff: readonly string[];
  /** How many repairs were approved so far: what was compared before the last one is out of date. */
  repairs: number;
}>;

/** What can be said of a kind: differences, and what changes too fast to be compared now. */
export type Comparison = Readonly<{ drifts: readonly Drift[]; unclear: readonly DriftKey[] }>;

/** By how much the chain has more; below zero: less. */
export const amountOf = ({ ledger, chain }: Pick<Drift, 'ledger' | 'chain'>): bigint =>
  chain - ledger;

/** Names a drift in a map. */
export const driftKey = ({ kind, owner, asset }: DriftKey): string => `${kind} ${owner} ${asset}`;

/**
 * Compares what takes one call to read: custody, burns, vaults and supply. Anybody can send tokens to
 * the vault of stakes or of rewards, and burn tokens of their own: more in those vaults, and less
 * supply, is no difference.
 */
export function compareTotals(ledger: LedgerStanding, chain: ChainTotals): Comparison {
  const { owners, custody: busy } = ledger.busy;
  const io = { owner: '', asset: 'IO' } as const;
  const owed = chain.totalStaked + chain.totalEscrowed;
  const rewards = chain.fundedTotal - chain.claimedTotal;
  const supply = maxSupply - chain.totalBurnt;
  const pairs: readonly Pair[] = [
    ...(['IO', 'USDC'] as const).map((asset) => ({
      ...{ kind: 'custody' as const, owner: '', asset, isBusy: busy.has(asset) },
      ledger: ledger.custody[asset],
      chain: chain.custody[asset],
    })),
    { ...io, kind: 'burn', ledger: ledger.burnt, chain: chain.totalBurnt, isBusy: owners.size > 0 },
    { ...io, kind: 'vault:stake', ledger: owed, chain: least(chain.stakeVault, owed) },
    { ...io, kind: 'vault:rewards', ledger: rewards, chain: least(chain.rewardsVault, rewards) },
    { ...io, kind: 'supply', ledger: supply, chain: most(chain.supply, supply) },
  ];
  return compare(pairs, ledger.cutOff);
}

/** Whether stakes, cases or claims differ in sum: then it is worth looking at each of them. */
export function sumsDiffer(ledger: LedgerStanding, chain: ChainTotals): boolean {
  let [staked, escrowed, claimed] = [0n, 0n, 0n];
  for (const owner of ledger.owners.values()) {
    staked += owner.staked;
    escrowed += owner.escrowed;
    claimed += owner.claimed;
  }
  return (
    staked !== chain.totalStaked ||
    escrowed !== chain.totalEscrowed ||
    claimed !== chain.claimedTotal
  );
}

/** Compares each owner's stakes, cases and claims, and the program's totals with its accounts. */
export function compareDetails(
  ledger: LedgerStanding,
  chain: ChainTotals,
  details: ChainDetails,
  ownerOf: (wallet: string) => AccountKey | undefined,
): Comparison {
  const onChain = ownersOnChain(details, (wallet) => ownerOf(wallet) ?? walletOwner(wallet));
  const names = [...new Set([...ledger.owners.keys(), ...onChain.keys()])].toSorted(compareText);
  const pairs = names.flatMap((owner): readonly Pair[] => {
    const [left, right] = [ledger.owners.get(owner) ?? nothing, onChain.get(owner) ?? nothing];
    const common = { owner, asset: 'IO' as const, isBusy: ledger.busy.owners.has(owner) };
    return [
      { ...common, kind: 'supplier:staked', ledger: left.staked, chain: right.staked },
      { ...common, kind: 'case:escrow', ledger: left.escrowed, chain: right.escrowed },
      { ...common, kind: 'rewards:claimed', ledger: left.claimed, chain: right.claimed },
    ];
  });
  const all = [...onChain.values()].reduce(sumOf, nothing);
  const accounts = all.staked + all.escrowed + all.claimed;
  const totals = chain.totalStaked + chain.totalEscrowed + chain.claimedTotal;
  const program = {
    ...{ kind: 'program' as const, owner: '', asset: 'IO' as const, ledger: totals },
    ...{ chain: accounts, isBusy: ledger.busy.owners.size > 0 },
  };
  return compare([...pairs, program], ledger.cutOff);
}

/** A drift that stands, as it is written down. */
export type StandingDrift = Drift & Readonly<{ driftNo: bigint; foundAtSeconds: number }>;

/** What would bring the ledger to where the chain is, for a person to approve. */
export type RepairPlan = Readonly<{
  /** What the id of the plan is the sha256 of: all that it was made from. */
  text: string;
  drifts: readonly StandingDrift[];
  /** Without their subject, which is the plan's id and their number. */
  moves: readonly Omit<Move, 'subject'>[];
  /** Those that a transfer in the ledger cannot repair. */
  beyond: readonly StandingDrift[];
}>;

/** Proposes a transfer for each drift that has an account in the ledger. */
export function planRepairs(drifts: readonly StandingDrift[]): RepairPlan {
  const sorted = drifts.toSorted((a, b) => (a.driftNo < b.driftNo ? -1 : 1));
  const lines = sorted.map((drift) =>
    [drift.driftNo, drift.kind, drift.owner, drift.asset, amountOf(drift)].join('|'),
  );
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    drifts: sorted,
    moves: sorted.flatMap(repairOf),
    beyond: sorted.filter((drift) => repairOf(drift).length === 0),
  };
}

type Pair = DriftKey & Readonly<{ ledger: bigint; chain: bigint; isBusy?: boolean }>;

const nothing: OwnerStanding = { staked: 0n, escrowed: 0n, claimed: 0n };
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function compare(pairs: readonly Pair[], cutOff: readonly string[]): Comparison {
  const drifts: Drift[] = [];
  const unclear: DriftKey[] = [];
  for (const { isBusy = false, ...pair } of pairs) {
    if (isBusy) unclear.push({ kind: pair.kind, owner: pair.owner, asset: pair.asset });
    else if (pair.ledger !== pair.chain) {
      drifts.push({ ...pair, explanation: explain(pair, cutOff) });
    }
  }
  return { drifts, unclear };
}

const wording: Readonly<Record<DriftKind, readonly [where: string, what: string]>> = {
  custody: ['the custody vault', 'deposits less payments'],
  'supplier:staked': ['the stakes', 'what was staked'],
  'case:escrow': ['the open cases', 'what cases were opened for'],
  burn: ['the program', 'what was burnt'],
  'rewards:claimed': ['the claims', 'what was claimed'],
  'vault:stake': ['the stake vault', 'what the program owes from it'],
  'vault:rewards': ['the rewards vault', 'what was funded and not claimed'],
  supply: ['the supply', '800,000,000 IO less what was burnt'],
  program: ['the accounts of stakes and claims', 'the totals of the program'],
};

function explain({ kind, asset, ledger, chain }: Pair, cutOff: readonly string[]): string {
  const [where, what] = wording[kind];
  const by = formatAmount(chain > ledger ? chain - ledger : ledger - chain, asset);
  const told = `${where} came to ${by} ${asset} ${chain > ledger ? 'more' : 'less'} than ${what}`;
  const last = cutOff.at(-1);
  if (last === undefined) return told;
  return `${told}; logs of ${cutOff.length} transactions were cut off, the last of ${last}`;
}

function ownersOnChain(
  { stakes, claims }: ChainDetails,
  ownerOf: (wallet: string) => AccountKey,
): ReadonlyMap<AccountKey, OwnerStanding> {
  const owners = new Map<AccountKey, OwnerStanding>();
  const add = (owner: AccountKey, more: OwnerStanding): void => {
    owners.set(owner, sumOf(owners.get(owner) ?? nothing, more));
  };
  for (const { owner, amount, escrowed } of stakes) {
    add(ownerOf(owner), { staked: amount, escrowed, claimed: 0n });
  }
  for (const { wallet, claimed } of claims) add(ownerOf(wallet), { ...nothing, claimed });
  return owners;
}

function sumOf(left: OwnerStanding, right: OwnerStanding): OwnerStanding {
  return {
    staked: left.staked + right.staked,
    escrowed: left.escrowed + right.escrowed,
    claimed: left.claimed + right.claimed,
  };
}

function repairOf(drift: Drift): readonly Omit<Move, 'subject'>[] {
  const sides = accountsOf(drift);
  if (sides === undefined) return [];
  const [less, more] = sides;
  const amount = amountOf(drift);
  return amount > 0n
    ? [{ cause: 'DriftRepair', debit: less, credit: more, amount }]
    : [{ cause: 'DriftRepair', debit: more, credit: less, amount: -amount }];
}

/** From and to where a transfer goes when the chain has more than the ledger says. */
function accountsOf({ kind, owner, asset }: DriftKey): readonly [Account, Account] | undefined {
  const account = (of: Account['kind'], name = ''): Account => ({ kind: of, owner: name, asset });
  switch (kind) {
    case 'custody':
      return [account('custody'), account('suspense')];
    case 'supplier:staked':
    case 'case:escrow':
      return [account('vault:stake'), account(kind, owner)];
    case 'burn':
      return [account('vault:stake'), account('burn')];
    case 'rewards:claimed':
      return [account('supplier:rewards', owner), account(kind, owner)];
    case 'vault:stake':
    case 'vault:rewards':
    case 'supply':
    case 'program':
      return undefined;
  }
}
