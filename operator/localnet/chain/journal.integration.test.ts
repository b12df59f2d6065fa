import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { ChainFixture } from '../testing/chain-fixture.ts';
import { newWallet } from '../testing/wallets.ts';
import { Journal } from './journal.ts';
import type { ChainRecord } from './records.ts';

const sol = 1_000_000_000n;
const [alice, bob, carol] = [newWallet(), newWallet(), newWallet()];
const wallets = [alice, bob, carol] as const;
const levels = ['processed', 'confirmed', 'finalized'] as const;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'localnet-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const file = (): string => join(directory, 'chain.journal');

async function open(nowMs: number, compactAfterBytes?: number) {
  const { journal, records } = await Journal.open(directory, compactAfterBytes);
  const fixture = new ChainFixture({ journal, records });
  fixture.nowMs = nowMs;
  await fixture.chain.durable;
  return { fixture, journal, records };
}

/** Everything that a client can see of a chain. */
function seen({ chain }: ChainFixture) {
  return {
    slot: chain.time.slot(),
    unixSeconds: chain.time.unixSeconds(chain.time.slot()),
    blockhash: chain.time.blockhash(chain.time.slot()),
    landed: [...chain.history.all()],
    accounts: levels.map(
      (level) => new Map(chain.ownedBy('11111111111111111111111111111111', level)),
    ),
  };
}

describe('a chain that is read again', () => {
  const who = fc.integer({ min: 0, max: 2 });
  const amount = fc.bigInt({ min: 1n, max: 3n * sol });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('airdrop' as const), to: who, amount }),
    fc.record({ kind: fc.constant('transfer' as const), from: who, to: who, amount }),
    fc.record({ kind: fc.constant('pass' as const), slots: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ kind: fc.constant('warp' as const), seconds: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant('fork' as const) }),
  );

  it.each([
    { written: 'as it was appended', compactAfterBytes: 1_000_000 },
    { written: 'out of a snapshot that was taken now and then', compactAfterBytes: 0 },
  ])('is the same in all that a client sees, $written', async ({ compactAfterBytes }) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      rmSync(file(), { force: true });
      const first = await open(new ChainFixture().nowMs, compactAfterBytes);
      for (const each of steps) await take(first.fixture, each);
      const before = seen(first.fixture);
      await first.journal.close();

      const second = await open(first.fixture.nowMs, compactAfterBytes);

      expect(seen(second.fixture)).toEqual(before);
      await second.fixture.chain.fork();
      expect(seen(second.fixture).accounts[0]).toEqual(before.accounts[2]);
      await second.journal.close();
    });
    await fc.assert(property, { numRuns: 30 });
  });

  type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never;

  async function take(fixture: ChainFixture, each: Step): Promise<void> {
    const { chain } = fixture;
    if (each.kind === 'airdrop') chain.airdrop(wallets[each.to]?.address ?? '', each.amount);
    if (each.kind === 'pass') fixture.pass(each.slots);
    if (each.kind === 'warp') await chain.warp({ seconds: each.seconds });
    if (each.kind === 'fork') await chain.fork();
    const from = each.kind === 'transfer' ? wallets[each.from] : undefined;
    if (each.kind === 'transfer' && from !== undefined) {
      chain.submit(fixture.transfer(from, wallets[each.to]?.address ?? '', each.amount));
    }
    await chain.durable;
  }

  it('still takes what was signed before, and still knows what landed', async () => {
    const first = await open(new ChainFixture().nowMs);
    first.fixture.chain.airdrop(alice.address, 5n * sol);
    const sent = first.fixture.transfer(alice, bob.address, sol);
    const kept = first.fixture.transfer(alice, carol.address, sol);
    first.fixture.chain.submit(sent);
    await first.journal.close();

    const { fixture, journal } = await open(first.fixture.nowMs);

    expect(fixture.chain.submit(sent).kind).toBe('known');
    expect(fixture.chain.submit(kept).kind).toBe('landed');
    await journal.close();
  });

  it('runs nothing again: another program does not change what happened', async () => {
    const first = await open(new ChainFixture().nowMs);
    first.fixture.chain.airdrop(alice.address, 5n * sol);
    await first.journal.close();
    const { journal, records } = await Journal.open(directory);
    const landed = records.filter((record) => record.kind === 'landed');
    // What a rebuilt program would do differently, the journal never asks.
    const altered: ChainRecord[] = records.map((record) =>
      record.kind === 'landed'
        ? { ...record, landed: { ...record.landed, bytes: new Uint8Array([0]) } }
        : record,
    );

    const fixture = new ChainFixture({ journal, records: altered });

    expect(landed).toHaveLength(1);
    expect(fixture.chain.account(alice.address, 'processed')?.lamports).toBe(5n * sol);
    await journal.close();
  });
});

describe('a journal', () => {
  it('ends with its last whole record, wherever it was torn, and goes on from there', async () => {
    const { fixture, journal } = await open(new ChainFixture().nowMs);
    fixture.chain.airdrop(alice.address, sol);
    await fixture.chain.durable;
    const whole = statSync(file()).size;
    fixture.chain.airdrop(bob.address, sol);
    await journal.close();
    const bytes = readFileSync(file());
    const torn = [whole, whole + 1, whole + 7, whole + 8, whole + 9, bytes.length - 1];

    for (const length of torn) {
      writeFileSync(file(), bytes.subarray(0, length));
      const again = await open(fixture.nowMs);
      const { chain } = again.fixture;
      expect(chain.history.total).toBe(1);
      expect(chain.account(bob.address, 'processed')).toBeUndefined();
      chain.airdrop(carol.address, sol);
      await again.journal.close();
      const third = await open(fixture.nowMs);
      expect(third.fixture.chain.account(carol.address, 'processed')?.lamports).toBe(sol);
      await third.journal.close();
    }
  });

  it('does not believe a record whose bytes were changed', async () => {
    const { fixture, journal } = await open(new ChainFixture().nowMs);
    fixture.chain.airdrop(alice.address, sol);
    await journal.close();
    const bytes = readFileSync(file());
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
    writeFileSync(file(), bytes);

    const again = await open(fixture.nowMs);

    expect(again.fixture.chain.history.total).toBe(0);
    await again.journal.close();
  });

  it('belongs to one process at a time', async () => {
    const { journal } = await open(new ChainFixture().nowMs);

    await expect(Journal.open(directory)).rejects.toThrow('is used by another localnet');

    await journal.close();
    const again = await open(new ChainFixture().nowMs);
    await again.journal.close();
  });

  it('that a crash interrupted while it was written anew is the old one', async () => {
    const { fixture, journal } = await open(new ChainFixture().nowMs);
    fixture.chain.airdrop(alice.address, sol);
    await journal.close();
    copyFileSync(file(), `${file()}.part`);
    writeFileSync(`${file()}.part`, readFileSync(file()).subarray(0, 100));

    const again = await open(fixture.nowMs);

    expect(again.fixture.chain.account(alice.address, 'processed')?.lamports).toBe(sol);
    await again.journal.close();
  });

  it('stays short however long a chain runs', async () => {
    const { fixture, journal } = await open(new ChainFixture({}).nowMs, 20_000);
    const sizes: number[] = [];
    for (let round = 0; round < 300; round += 1) {
      fixture.chain.airdrop(alice.address, BigInt(round + 1));
      fixture.pass(1);
      sizes.push(statSync(file()).size);
    }
    await journal.close();

    const drops = sizes.filter((size, index) => size < (sizes[index - 1] ?? 0));
    expect(drops.length).toBeGreaterThan(0);
    const again = await open(fixture.nowMs);
    expect(seen(again.fixture)).toEqual(seen(fixture));
    await again.journal.close();
  });
});
