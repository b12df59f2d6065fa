import type { Asset } from '../addresses.ts';
import {
  emissionCap,
  epochSeconds,
  maxPayOuts,
  operationAheadSeconds,
  operationSeconds,
} from '../generated/constants.ts';
import type { ProgramErrorName } from '../generated/errors.ts';
import type { CaseState, Outcome, Role } from '../generated/types.ts';
import type { Genesis } from '../io-stake.ts';

/** What the program has to answer; SPL Token's own refusal is `Insufficient`. */
export type Answer = ProgramErrorName | 'Insufficient' | undefined;

export type Purpose = 'stake' | 'rewards' | 'custody IO' | 'custody USDC';

type StakeState = {
  owner: string;
  amount: bigint;
  escrowed: bigint;
  cases: number;
  unlock: number;
};
type CaseOfStake = {
  stake: string;
  amount: bigint;
  state: CaseState;
  deadline: number;
  appealed: number;
};
type Root = { epoch: number; name: number; total: bigint; published: number };

/** To a vault when there is no destination. */
export type Payment = Readonly<{ destination: string | undefined; amount: bigint }>;

const most = 2n ** 64n - 1n;

/**
 * What the program is meant to do, in as few words as possible and without a chain: the books of
 * stakes, cases, rewards and custody. Each method decides, changes the books, and says the answer.
 */
export class Model {
  now: number;
  paused = false;
  readonly genesis: Genesis;
  readonly roles: Record<Role, string>;
  pending: { role: Role; key: string } | undefined;
  readonly wallets = new Map<string, bigint>();
  readonly vaults: Record<Purpose, bigint> = {
    stake: 0n,
    rewards: 0n,
    'custody IO': 0n,
    'custody USDC': 0n,
  };
  /** Sent to a vault by a plain transfer: there, and in no books. */
  readonly gifts: Record<Purpose, bigint> = { ...this.vaults };
  readonly stakes = new Map<string, StakeState>();
  readonly cases = new Map<string, CaseOfStake>();
  readonly claimed = new Map<string, bigint>();
  readonly operations = new Map<string, number>();
  active: Root | undefined;
  pendingRoot: Root | undefined;
  burnt = 0n;
  staked = 0n;
  escrowed = 0n;
  claimedTotal = 0n;
  funded = 0n;
  readonly deposited: Record<Asset, bigint> = { IO: 0n, USDC: 0n };
  readonly paid: Record<Asset, bigint> = { IO: 0n, USDC: 0n };
  #slashed = { epoch: 0, amount: 0n };
  readonly #paidIn = { IO: { epoch: 0, amount: 0n }, USDC: { epoch: 0, amount: 0n } };

  constructor(genesis: Genesis, now: number) {
    this.genesis = genesis;
    this.now = now;
    this.roles = {
      Admin: genesis.admin,
      Publisher: genesis.publisher,
      Slasher: genesis.slasher,
      Adjudicator: genesis.adjudicator,
      Auditor: genesis.auditor,
      Treasurer: genesis.treasurer,
    };
  }

  get epoch(): number {
    return Math.floor((this.now - this.genesis.genesisTs) / epochSeconds) + 1;
  }

  stake(at: string, owner: string, source: string, amount: bigint): Answer {
    const stake = this.stakes.get(at) ?? { owner, amount: 0n, escrowed: 0n, cases: 0, unlock: 0 };
    if (this.paused) return 'Paused';
    if (this.staked + amount > most) return 'Overflow';
    if (stake.unlock > 0) return 'AlreadyCooling';
    const answer = this.#take(source, 'stake', amount);
    if (answer !== undefined) return answer;
    this.stakes.set(at, { ...stake, amount: stake.amount + amount });
    this.staked += amount;
    return undefined;
  }

  requestUnstake(at: string, owner: string): Answer {
    const stake = this.stakes.get(at);
    if (stake === undefined) return 'WrongOwner';
    if (stake.owner !== owner) return 'WrongAuthority';
    if (stake.unlock > 0) return 'AlreadyCooling';
    stake.unlock = this.now + this.genesis.cooldownSeconds;
    return undefined;
  }

  withdraw(at: string, owner: string, destination: string | undefined): Answer {
    const stake = this.stakes.get(at);
    if (stake === undefined) return 'WrongOwner';
    if (stake.owner !== owner) return 'WrongAuthority';
    if (stake.unlock === 0) return 'NotCooling';
    if (this.now < stake.unlock) return 'CooldownNotOver';
    if (stake.amount === 0n && stake.cases > 0) return 'NothingToWithdraw';
    if (destination === undefined) return 'VaultAsDestination';
    this.#pay('stake', destination, stake.amount);
    this.staked -= stake.amount;
    stake.amount = 0n;
    if (stake.cases === 0) this.stakes.delete(at);
    return undefined;
  }

  openCase(at: string, of: string, signer: string, amount: bigint): Answer {
    const stake = this.stakes.get(of);
    if (amount === 0n) return 'AmountZero';
    if (stake === undefined) return 'WrongOwner';
    if (amount > stake.amount) return 'ExceedsStake';
    if (signer !== this.roles.Slasher) return 'WrongAuthority';
    if (this.paused) return 'Paused';
    const before = this.#slashed.epoch === this.epoch ? this.#slashed.amount : 0n;
    if (before + amount > this.genesis.slashCapPerEpoch) return 'SlashCapReached';
    if (this.cases.has(at)) return 'AlreadyExists';
    this.#slashed = { epoch: this.epoch, amount: before + amount };
    stake.amount -= amount;
    stake.escrowed += amount;
    stake.cases += 1;
    this.staked -= amount;
    this.escrowed += amount;
    const deadline = this.now + this.genesis.appealSeconds;
    this.cases.set(at, { stake: of, amount, state: 'Open', deadline, appealed: 0 });
    return undefined;
  }

  appeal(at: string, of: string, owner: string): Answer {
    const [stake, found] = [this.stakes.get(of), this.cases.get(at)];
    if (stake === undefined) return 'WrongOwner';
    if (stake.owner !== owner) return 'WrongAuthority';
    if (found === undefined) return 'WrongOwner';
    if (found.state === 'Appealed') return 'CaseAppealed';
    if (found.state !== 'Open') return 'CaseClosed';
    if (this.now >= found.deadline) return 'DeadlinePassed';
    found.state = 'Appealed';
    found.appealed = this.now;
    return undefined;
  }

  resolve(at: string, signer: string, outcome: Outcome): Answer {
    const found = this.cases.get(at);
    if (found === undefined) return 'WrongOwner';
    if (found.state !== 'Open' && found.state !== 'Appealed') return 'CaseClosed';
    const isJudge = signer === this.roles.Adjudicator;
    if (outcome === 'Upheld') {
      if (!isJudge) return 'WrongAuthority';
      if (found.state !== 'Appealed') return 'CaseNotAppealed';
      return this.#burn(found);
    }
    const wait = found.appealed + this.genesis.adjudicationSeconds;
    const isAnyones = found.state === 'Appealed' && this.now >= wait;
    if (!isJudge && !isAnyones) return 'WrongAuthority';
    this.#end(found, 'Reversed').amount += found.amount;
    this.staked += found.amount;
    return undefined;
  }

  finalizeBurn(at: string): Answer {
    const found = this.cases.get(at);
    if (found === undefined) return 'WrongOwner';
    if (found.state === 'Appealed') return 'CaseAppealed';
    if (found.state !== 'Open') return 'CaseClosed';
    if (this.now < found.deadline) return 'DeadlineNotOver';
    return this.#burn(found);
  }

  publishRoot(signer: string, name: number, epoch: number, total: bigint): Answer {
    if (signer !== this.roles.Publisher) return 'WrongAuthority';
    if (this.paused) return 'Paused';
    const isMature = this.#isMature();
    if (this.pendingRoot !== undefined && !isMature) return 'RootImmature';
    const last = isMature ? this.pendingRoot : this.active;
    const [lastEpoch, lastTotal] = [last?.epoch ?? 0, last?.total ?? 0n];
    if (epoch <= lastEpoch) return 'EpochNotAfter';
    if (epoch >= this.epoch) return 'EpochNotOver';
    if (total < lastTotal) return 'TotalFalls';
    const growth = BigInt(epoch - lastEpoch) * this.genesis.emissionPerEpoch;
    if (total > lastTotal + growth || total > emissionCap) return 'TotalExceedsEmission';
    this.active = last;
    this.pendingRoot = { name, epoch, total, published: this.now };
    return undefined;
  }

  cancelRoot(signer: string): Answer {
    if (signer !== this.roles.Admin && signer !== this.roles.Auditor) return 'WrongAuthority';
    if (this.pendingRoot === undefined) return 'NoRoot';
    if (this.#isMature()) return 'RootMature';
    this.pendingRoot = undefined;
    return undefined;
  }

  /** `proves`: the root that the proof leads to, undefined for a forged one. */
  claim(wallet: string, destination: string, total: bigint, proves: number | undefined): Answer {
    if (this.paused) return 'Paused';
    if (!destination.endsWith(wallet)) return 'WrongTokenAccount';
    const before = this.claimed.get(wallet) ?? 0n;
    if (total <= before) return 'NothingToClaim';
    const root = this.#isMature() ? this.pendingRoot : this.active;
    if (root === undefined) return 'NoRoot';
    if (proves !== root.name) return 'BadProof';
    const due = total - before;
    if (this.claimedTotal + due > root.total) return 'ClaimExceedsTotal';
    if (this.vaults.rewards < due) return 'RewardsShort';
    if (root === this.pendingRoot) this.pendingRoot = undefined;
    this.active = root;
    this.claimed.set(wallet, total);
    this.claimedTotal += due;
    this.#pay('rewards', destination, due);
    return undefined;
  }

  fundRewards(source: string, amount: bigint): Answer {
    if (this.paused) return 'Paused';
    if (this.funded + amount > most) return 'Overflow';
    const answer = this.#take(source, 'rewards', amount);
    if (answer === undefined) this.funded += amount;
    return answer;
  }

  deposit(asset: Asset, source: string, amount: bigint): Answer {
    if (this.paused) return 'Paused';
    if (this.deposited[asset] + amount > most) return 'Overflow';
    const answer = this.#take(source, `custody ${asset}`, amount);
    if (answer === undefined) this.deposited[asset] += amount;
    return answer;
  }

  payOut(
    asset: Asset,
    signer: string,
    operation: { name: string; decided: number },
    payments: readonly Payment[],
  ): Answer {
    if (payments.length === 0 || payments.length > maxPayOuts) return 'BadPayOut';
    if (!this.#isInWindow(operation.decided)) return 'OperationExpired';
    const total = payments.reduce((sum, { amount }) => sum + amount, 0n);
    if (payments.some(({ amount }) => amount === 0n)) return 'AmountZero';
    if (signer !== this.roles.Treasurer) return 'WrongAuthority';
    if (this.paused) return 'Paused';
    const { epoch, amount: sofar } = this.#paidIn[asset];
    const before = epoch === this.epoch ? sofar : 0n;
    const { ioPayOutCapPerEpoch, usdcPayOutCapPerEpoch } = this.genesis;
    const cap = asset === 'IO' ? ioPayOutCapPerEpoch : usdcPayOutCapPerEpoch;
    if (before + total > cap) return 'PayOutCapReached';
    if (this.operations.has(operation.name)) return 'OperationDone';
    const answer = this.#canPay(asset, payments);
    if (answer !== undefined) return answer;
    for (const { destination, amount } of payments) {
      this.#pay(`custody ${asset}`, destination ?? '', amount);
    }
    this.#paidIn[asset] = { epoch: this.epoch, amount: before + total };
    this.paid[asset] += total;
    this.operations.set(operation.name, operation.decided);
    return undefined;
  }

  closeOperation(signer: string, name: string): Answer {
    if (signer !== this.roles.Treasurer) return 'WrongAuthority';
    const decided = this.operations.get(name);
    if (decided === undefined) return 'WrongOwner';
    if (this.now - decided < operationSeconds) return 'OperationTooYoung';
    this.operations.delete(name);
    return undefined;
  }

  pause(signer: string, paused: boolean): Answer {
    if (signer !== this.roles.Admin) return 'WrongAuthority';
    this.paused = paused;
    return undefined;
  }

  proposeAuthority(signer: string, role: Role, key: string): Answer {
    if (signer !== this.roles.Admin) return 'WrongAuthority';
    if (this.#isBoth(role, key)) return 'SameKey';
    this.pending = { role, key };
    return undefined;
  }

  acceptAuthority(signer: string): Answer {
    if (this.pending === undefined) return 'NoPendingAuthority';
    const { role, key } = this.pending;
    if (signer !== key) return 'WrongAuthority';
    if (this.#isBoth(role, key)) return 'SameKey';
    this.roles[role] = key;
    this.pending = undefined;
    return undefined;
  }

  gift(source: string, vault: Purpose, amount: bigint): Answer {
    if ((this.wallets.get(source) ?? 0n) < amount) return 'Insufficient';
    this.#take(source, vault, amount);
    this.gifts[vault] += amount;
    return undefined;
  }

  #isInWindow(decided: number): boolean {
    const age = this.now - decided;
    return age < operationSeconds && age >= -operationAheadSeconds;
  }

  /** One payment after the other: the first that is not possible ends it. */
  #canPay(asset: Asset, payments: readonly Payment[]): Answer {
    let left = this.vaults[`custody ${asset}`];
    for (const { destination, amount } of payments) {
      if (destination === undefined) return 'VaultAsDestination';
      if (amount > left) return 'Insufficient';
      left -= amount;
    }
    return undefined;
  }

  #isBoth(role: Role, key: string): boolean {
    if (role === 'Slasher') return key === this.roles.Adjudicator;
    return role === 'Adjudicator' && key === this.roles.Slasher;
  }

  #isMature(): boolean {
    if (this.pendingRoot === undefined) return false;
    return this.now >= this.pendingRoot.published + this.genesis.challengeDelaySeconds;
  }

  #burn(found: CaseOfStake): Answer {
    if (this.paused) return 'Paused';
    this.#end(found, 'Burnt');
    this.vaults.stake -= found.amount;
    this.burnt += found.amount;
    return undefined;
  }

  #end(found: CaseOfStake, state: CaseState): StakeState {
    const stake = this.stakes.get(found.stake);
    if (stake === undefined) throw new Error('a case has lost its stake');
    found.state = state;
    stake.escrowed -= found.amount;
    stake.cases -= 1;
    this.escrowed -= found.amount;
    return stake;
  }

  #take(source: string, vault: Purpose, amount: bigint): Answer {
    const has = this.wallets.get(source) ?? 0n;
    if (amount === 0n) return 'AmountZero';
    if (has < amount) return 'Insufficient';
    this.wallets.set(source, has - amount);
    this.vaults[vault] += amount;
    return undefined;
  }

  #pay(vault: Purpose, destination: string, amount: bigint): void {
    this.vaults[vault] -= amount;
    this.wallets.set(destination, (this.wallets.get(destination) ?? 0n) + amount);
  }
}
