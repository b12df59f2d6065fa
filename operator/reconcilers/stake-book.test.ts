import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ChainAccount } from '../domain/settlement/types.ts';
import { type AccountFilter, ChainUnavailableError } from '../ports/chain.ts';
import type { StakeMetrics } from '../ports/stake-metrics.ts';
import { silentLogger } from '../runtime/logger.ts';
import { base58Encode } from '../settlement/base58.ts';
import { Writer } from '../settlement/codec.ts';
import { accountLayouts } from '../settlement/generated/accounts.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { StakeBook, type StakeChange } from './stake-book.ts';

const programId = address(1);
const config = address(2);
const device = 'ab'.repeat(32);
const caseId = 'cd'.repeat(32);
const now = 1_800_000_000;
const day = 86_400;

function address(byte: number): string {
  return base58Encode(new Uint8Array(32).fill(byte));
}

const account = (at: string, data: Uint8Array, owner = programId): ChainAccount => ({
  address: at,
  owner,
  lamports: 1n,
  data,
});

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

function stake(at: string, amount: bigint, owner = address(3)): ChainAccount {
  const { discriminator } = accountLayouts.Stake;
  const writer = new Writer().bytes(discriminator, 8).u8(255).pubkey(owner);
  return account(at, writer.bytes(bytes(device), 32).u64(amount).u64(0n).u32(0).i64(0).end());
}

function slashCase(at: string, state: number, deadline: number, appealed = 0): ChainAccount {
  const hash = new Uint8Array(32).fill(9);
  const { discriminator } = accountLayouts.Case;
  const writer = new Writer().bytes(discriminator, 8).u8(255).u8(state).pubkey(address(4));
  writer.bytes(bytes(caseId), 32).bytes(hash, 32).bytes(hash, 32).u64(50n);
  return account(
    at,
    writer
      .i64(now - day)
      .i64(deadline)
      .i64(appealed)
      .end(),
  );
}

function configuration(adjudicationSeconds = 0): ChainAccount {
  const { discriminator, size, offsets } = accountLayouts.Config;
  const data = new Uint8Array(size);
  data.set(discriminator);
  new DataView(data.buffer).setBigInt64(
    offsets.adjudicationSeconds,
    BigInt(adjudicationSeconds),
    true,
  );
  return account(config, data);
}

/** A chain in memory. `listed` is what a node that lags lists, if there is one. */
class MemoryChain {
  readonly accounts_ = new Map<string, ChainAccount>();
  listed: ReadonlyMap<string, ChainAccount> | undefined;
  seconds = now;
  away = false;
  lists = 0;

  put(...accounts: readonly ChainAccount[]): void {
    for (const each of accounts) this.accounts_.set(each.address, each);
  }

  async head() {
    this.#answer();
    return { slot: 1n, timeSeconds: this.seconds };
  }

  async accounts(addresses: readonly string[]) {
    this.#answer();
    return addresses.map((each) => this.accounts_.get(each));
  }

  async programAccounts(owner: string, filters: readonly AccountFilter[]) {
    this.#answer();
    this.lists += 1;
    const found = [...(this.listed ?? this.accounts_).values()];
    return found.filter((each) => each.owner === owner && filters.every((by) => fits(each, by)));
  }

  watchProgram() {
    return () => undefined;
  }

  #answer(): void {
    if (this.away) throw new ChainUnavailableError('no node answers');
  }
}

function fits({ data }: ChainAccount, filter: AccountFilter): boolean {
  if ('size' in filter) return data.length === filter.size;
  return filter.bytes.every((byte, index) => data[filter.offset + index] === byte);
}

let chain: MemoryChain;
let clock: ManualClock;
let book: StakeBook;
let changes: StakeChange[];
let told: Parameters<StakeMetrics['stakesRead']>[0][];
let failures: number;

beforeEach(() => {
  [chain, clock, changes, told, failures] = [new MemoryChain(), new ManualClock(), [], [], 0];
  book = new StakeBook({
    chain,
    programId,
    config,
    metrics: {
      stakesRead: (found) => told.push(found),
      stakesNotRead: () => (failures += 1),
    },
    clock,
    logger: silentLogger,
  });
  book.onChange((change) => changes.push(change));
  chain.put(configuration());
});

const amounts = (): readonly bigint[] => book.stakesOf(device).map(({ amount }) => amount);
const changed = { kind: 'Stake', deviceId: device };

/** Moves past the time in which everything is read again. */
async function readAgain(): Promise<void> {
  await clock.advance(2_500);
  await book.look();
}

test('knows nothing before everything was read once, and then tells so once', async () => {
  chain.put(stake('a', 7n), stake('b', 8n), slashCase('c', 0, now + day));
  expect(book.terms).toBeUndefined();
  await book.look();
  expect(changes).toEqual([{ kind: 'All' }]);
  expect(amounts()).toEqual([7n, 8n]);
  expect(book.case(caseId)).toMatchObject({ state: 'Open', amount: 50n, appeal: undefined });
  expect(book.terms).toMatchObject({ paused: false });
  expect(told).toMatchObject([{ stakes: 2, openCases: 1 }]);
  await readAgain();
  expect(changes).toHaveLength(1);
});

test('an account of another program that looks like a stake is none', async () => {
  await book.look();
  chain.put({ ...stake('a', 7n), owner: address(9) });
  book.hint('a');
  await book.look();
  expect(amounts()).toEqual([]);
});

test('a program that is not initialized is a failure', async () => {
  chain.accounts_.delete(config);
  await book.look();
  expect([book.terms, failures]).toEqual([undefined, 1]);
});

describe('after everything was read', () => {
  beforeEach(async () => {
    chain.put(stake('a', 7n));
    await book.look();
    changes = [];
  });

  test('a hint brings a new stake at once, without reading everything', async () => {
    const { lists } = chain;
    chain.put(stake('b', 8n));
    book.hint('b');
    await book.look();
    expect(amounts()).toEqual([7n, 8n]);
    expect(changes).toEqual([changed]);
    expect(chain.lists).toBe(lists);
  });

  test('a hint that was lost is made up for', async () => {
    chain.put(stake('a', 9n));
    chain.put(stake('b', 8n));
    await readAgain();
    expect(amounts()).toEqual([9n, 8n]);
  });

  test('a stake that was withdrawn goes, with a hint or without', async () => {
    chain.put(stake('b', 8n));
    await readAgain();
    chain.accounts_.delete('a');
    book.hint('a');
    await book.look();
    expect(amounts()).toEqual([8n]);
    chain.accounts_.delete('b');
    await readAgain();
    expect(amounts()).toEqual([]);
    expect(told.at(-1)).toMatchObject({ stakes: 0 });
  });

  test('what a fork takes back goes without another hint', async () => {
    chain.put(stake('a', 9n));
    book.hint('a');
    await book.look();
    chain.put(stake('a', 7n));
    await clock.advance(1_000);
    await book.look();
    expect(amounts()).toEqual([7n]);
  });

  test('a list of a node that lags does not undo what a hint brought', async () => {
    const listed = new Map(chain.accounts_);
    chain.put(stake('a', 9n), stake('b', 8n));
    for (const each of ['a', 'b']) book.hint(each);
    await book.look();
    chain.listed = listed;
    changes = [];
    await readAgain();
    expect(amounts()).toEqual([9n, 8n]);
    expect(changes).toEqual([]);
  });

  test('while the chain is away everything stays as it was', async () => {
    chain.away = true;
    await readAgain();
    await readAgain();
    expect(amounts()).toEqual([7n]);
    expect(book.terms).toBeDefined();
    expect(failures).toBe(2);
    chain.away = false;
    chain.put(stake('a', 9n));
    await readAgain();
    expect(amounts()).toEqual([9n]);
  });
});

describe('the time of a case has come', () => {
  test.each([
    ['when its deadline passes', slashCase('c', 0, now + 10), 10],
    ['when nobody decided on an appeal', slashCase('c', 1, now + 5, now - 980), 20],
  ])('%s', async (_sentence, found, dueAfter) => {
    chain.put(configuration(1_000), found);
    await book.look();
    changes = [];
    chain.seconds = now + dueAfter - 1;
    await book.look();
    expect(changes).toEqual([]);
    chain.seconds = now + dueAfter + 3;
    await book.look();
    await book.look();
    expect(changes).toEqual([{ kind: 'Case', caseId }]);
    expect(book.nowSeconds).toBe(now + dueAfter + 3);
  });

  test('not when it is decided', async () => {
    chain.put(slashCase('c', 3, now + 10));
    await book.look();
    changes = [];
    chain.seconds = now + 20;
    await book.look();
    expect(changes).toEqual([]);
  });
});
