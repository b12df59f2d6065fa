import { below, pick, type RandomSource } from '../../testing/seeded-random.ts';
import {
  type Asset,
  caseAddress,
  operationAddress,
  operationIdOf,
  stakeAddress,
} from '../addresses.ts';
import type { Instruction } from '../codec.ts';
import { operationSeconds } from '../generated/constants.ts';
import type { Entry, Tree } from '../testing/tree.ts';
import { daySeconds, hash32, type World } from '../testing/world.ts';
import type { Answer, Model, Purpose } from './model.ts';

/** An instruction, and what the model answers to it when it is asked. */
export type Action = Readonly<{ name: string; instruction: Instruction; answer: () => Answer }>;

export const owners = ['alice', 'bob', 'carol', 'dave'];
const devices = ['gpu 0', 'gpu 1', 'gpu 2'];
const keys = ['key 0', 'key 1', 'key 2'];
export const purposes: readonly Purpose[] = ['stake', 'rewards', 'custody IO', 'custody USDC'];
const wealth = 1_000_000n;
const hugeAmounts = [0n, 2n ** 63n, 2n ** 64n - 1n];
/** How many of the last cases and operations are looked at again. */
export const memory = 16;

export type CaseOf = Readonly<{
  owner: string;
  deviceId: Uint8Array;
  caseId: Uint8Array;
  at: string;
  stake: string;
}>;
type StakeSlot = Readonly<{ owner: string; deviceId: Uint8Array; at: string }>;
type Operation = Readonly<{ id: Uint8Array; name: string; decided: number }>;

/** One action, described. */
export function action(name: string, instruction: Instruction, answer: () => Answer): Action {
  return { name, instruction, answer };
}

/** Several actors on one chain and in its model: whom and what the next action may be about. */
export class Cast {
  readonly random: RandomSource;
  readonly world: World;
  readonly model: Model;
  readonly addresses = new Map<string, string>();
  readonly slots: readonly StakeSlot[];
  cases: readonly CaseOf[] = [];
  operations: readonly Operation[] = [];
  readonly totals = new Map<string, bigint>();
  trees: { name: number; tree: Tree; entries: readonly Entry[] }[] = [];
  counter = 0;

  constructor(random: RandomSource, world: World, model: Model) {
    this.random = random;
    this.world = world;
    this.model = model;
    for (const name of [...owners, ...keys]) world.wallet(name);
    for (const name of owners) {
      for (const asset of ['IO', 'USDC'] as const) {
        model.wallets.set(this.tokens(name, asset), wealth);
        world.tokens(world.wallet(name), asset, wealth);
      }
      this.totals.set(name, 0n);
    }
    this.slots = owners.flatMap((owner) =>
      devices.map((device) => {
        const deviceId = hash32(device);
        const at = stakeAddress(world.machine.programId, this.address(owner), deviceId);
        return { owner, deviceId, at };
      }),
    );
  }

  /** The token accounts by the name that the model has for them. */
  tokenAccounts(): ReadonlyMap<string, string> {
    return new Map(
      owners.flatMap((name) =>
        (['IO', 'USDC'] as const).map(
          (asset) => [this.tokens(name, asset), this.account(name, asset)] as const,
        ),
      ),
    );
  }

  /** Seconds until something else can happen. */
  warp(): number {
    const { challengeDelaySeconds } = this.model.genesis;
    return pick(this.random, [
      1,
      60,
      challengeDelaySeconds,
      3_600,
      3_600,
      7_200,
      daySeconds,
      14 * daySeconds,
      30 * daySeconds - 1,
      90 * daySeconds,
    ]);
  }

  vaultAt(purpose: Purpose): string {
    const { stakeVault, rewardsVault, custodyVault } = this.world.stake.addresses;
    return {
      stake: stakeVault,
      rewards: rewardsVault,
      'custody IO': custodyVault.IO,
      'custody USDC': custodyVault.USDC,
    }[purpose];
  }

  chance(percent: number): boolean {
    return below(this.random, 100) < percent;
  }

  mostly<T>(right: T, others: readonly T[]): T {
    return this.chance(92) ? right : pick(this.random, others);
  }

  amount(usual: number): bigint {
    return this.chance(96) ? BigInt(1 + below(this.random, usual)) : pick(this.random, hugeAmounts);
  }

  asset(): Asset {
    return pick(this.random, ['IO', 'USDC'] as const);
  }

  address(name: string): string {
    return this.known('wallet', name, () => this.world.wallet(name));
  }

  account(name: string, asset: Asset): string {
    return this.known(asset, name, () => this.world.tokens(this.address(name), asset));
  }

  tokens(name: string, asset: Asset): string {
    return `${asset} of ${name}`;
  }

  keyAddresses(): string[] {
    return keys.map((name) => this.address(name));
  }

  /** Mostly one that suits. */
  someStake(suits: (stake: StakeSlot) => boolean = () => true): StakeSlot {
    const suitable = this.chance(80) ? this.slots.filter(suits) : [];
    return pick(this.random, suitable.length > 0 ? suitable : this.slots);
  }

  isUndecided({ at }: CaseOf): boolean {
    const state = this.model.cases.get(at)?.state;
    return state === 'Open' || state === 'Appealed';
  }

  /** Mostly one that is not decided. */
  someCase(): CaseOf {
    const open = this.cases.filter((known) => this.isUndecided(known));
    if (open.length > 0 && this.chance(85)) return pick(this.random, open);
    if (this.cases.length > 0) return pick(this.random, this.cases);
    const { owner, deviceId, at: stake } = this.someStake();
    const caseId = hash32('no case');
    const at = caseAddress(this.world.machine.programId, stake, caseId);
    return { owner: this.address(owner), deviceId, caseId, at, stake };
  }

  /** One that was used before, with the given chance in a hundred, or a new one. */
  someOperation(oldPercent: number): Operation {
    const known = this.operations;
    if (known.length > 0 && this.chance(oldPercent)) return pick(this.random, known);
    const age = this.chance(90)
      ? below(this.random, 3_600)
      : pick(this.random, [-3_601, operationSeconds - 1, operationSeconds]);
    const decided = this.model.now - age;
    const id = operationIdOf(decided, hash32(`operation ${(this.counter += 1)}`));
    const name = operationAddress(this.world.machine.programId, id);
    const operation = { id, name, decided };
    this.operations = [...this.operations.slice(1 - memory), operation];
    return operation;
  }

  signedBy(instruction: Instruction, place: number, name: string): Instruction {
    const address = this.address(name);
    const accounts = instruction.accounts.map((meta, at) =>
      at === place ? { ...meta, address } : meta,
    );
    return { ...instruction, accounts };
  }

  known(kind: string, name: string, find: () => string): string {
    const key = `${kind}/${name}`;
    let found = this.addresses.get(key);
    if (found === undefined) this.addresses.set(key, (found = find()));
    return found;
  }
}
