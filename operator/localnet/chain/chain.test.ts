import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ChainFixture, slotMs, startMs } from '../testing/chain-fixture.ts';
import { newWallet } from '../testing/wallets.ts';
import { blockhashBlocks, slotsUntil } from './chain-time.ts';
import { signatureOf } from './transaction.ts';

const sol = 1_000_000_000n;
const fee = 5_000n;
const [alice, bob, carol] = [newWallet(), newWallet(), newWallet()];
const levels = ['processed', 'confirmed', 'finalized'] as const;

function balances({ chain }: ChainFixture, of: string) {
  return levels.map((level) => chain.account(of, level)?.lamports ?? 0n);
}

describe('commitment', () => {
  it.each([
    { slots: 0, seen: [sol, 0n, 0n] },
    { slots: slotsUntil.confirmed, seen: [sol, sol, 0n] },
    { slots: slotsUntil.finalized - 1, seen: [sol, sol, 0n] },
    { slots: slotsUntil.finalized, seen: [sol, sol, sol] },
  ])('shows a payment after $slots slots as $seen', ({ slots, seen }) => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(bob.address, sol);

    fixture.pass(slots);

    expect(balances(fixture, bob.address)).toEqual(seen);
  });

  it('shows each slot as it ended while later ones are not final', () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(bob.address, sol);
    fixture.pass(1);
    fixture.chain.airdrop(bob.address, sol);
    fixture.pass(slotsUntil.finalized - 1);

    expect(balances(fixture, bob.address)).toEqual([2n * sol, 2n * sol, sol]);
  });

  it('finds accounts of an owner as a commitment sees them', () => {
    const fixture = new ChainFixture();
    const owner = '11111111111111111111111111111111';
    const owned = (level: (typeof levels)[number]) =>
      [...fixture.chain.ownedBy(owner, level)].some(([address]) => address === bob.address);

    fixture.chain.airdrop(bob.address, sol);

    expect(levels.map(owned)).toEqual([true, false, false]);
  });
});

describe('a blockhash', () => {
  it.each([
    { blocks: blockhashBlocks, kind: 'landed' },
    { blocks: blockhashBlocks + 1, kind: 'refused' },
  ])('that $blocks blocks follow: the transaction is $kind', ({ blocks, kind }) => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, 2n * sol);
    const transaction = fixture.transfer(alice, bob.address, sol);

    fixture.pass(blocks);

    expect(fixture.chain.submit(transaction).kind).toBe(kind);
  });

  it('that no block has is refused', () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, 2n * sol);

    const unknown = fixture.transfer(alice, bob.address, sol, carol.address);

    expect(fixture.chain.submit(unknown)).toEqual({ kind: 'refused', error: 'BlockhashNotFound' });
  });

  it('is of another block in every slot', () => {
    const { chain } = new ChainFixture();
    const slot = chain.time.slot();
    const hashes = [-2, -1, 0].map((by) => chain.time.blockhash(slot + by));

    expect(new Set(hashes).size).toBe(3);
  });
});

describe('a transaction', () => {
  it('lands once: sent again it is known, with the same slot', () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, 2n * sol);
    const transaction = fixture.transfer(alice, bob.address, sol);
    const first = fixture.chain.submit(transaction);
    fixture.pass(3);

    const second = fixture.chain.submit(transaction);

    expect(first).toMatchObject({ kind: 'landed', landed: { fee, error: null } });
    expect(second).toMatchObject({ kind: 'known', landed: 'landed' in first ? first.landed : {} });
    expect(balances(fixture, bob.address)[0]).toBe(sol);
  });

  it('that fails takes its fee and leaves everything else', () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, sol);

    const submission = fixture.chain.submit(fixture.transfer(alice, bob.address, 2n * sol));

    expect(submission).toMatchObject({
      kind: 'landed',
      landed: { fee, error: { InstructionError: [0, { Custom: 1 }] } },
    });
    expect(balances(fixture, alice.address)[0]).toBe(sol - fee);
    expect(balances(fixture, bob.address)[0]).toBe(0n);
  });

  it('of a payer without money never lands', () => {
    const fixture = new ChainFixture();

    const submission = fixture.chain.submit(fixture.transfer(alice, bob.address, sol));

    expect(submission).toEqual({ kind: 'refused', error: 'AccountNotFound' });
    expect(fixture.chain.history.total).toBe(0);
  });

  it('of which history forgot the oldest leaves no trace of it', () => {
    const fixture = new ChainFixture({ historyLimit: 2 });
    const sent = [1n, 2n, 3n].map((times) => fixture.chain.airdrop(bob.address, times * sol));

    const kept = fixture.chain.history.of(bob.address).map(({ signature }) => signature);

    const signatures = sent.flatMap((each) => ('landed' in each ? [each.landed.signature] : []));
    expect(kept).toEqual(signatures.slice(1));
    expect(fixture.chain.history.get(signatures[0] ?? '')).toBeUndefined();
    expect(fixture.chain.history.total).toBe(3);
  });
});

describe('a fork', () => {
  it('undoes what was not final, and the same bytes may land again', async () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, 5n * sol);
    const early = fixture.chain.time.blockhash(fixture.chain.time.slot());
    fixture.pass(slotsUntil.finalized);
    const transaction = fixture.transfer(alice, bob.address, sol, early);
    fixture.chain.submit(transaction);
    fixture.pass(2);

    const gone = await fixture.chain.fork();

    expect(gone.map(({ signature }) => signature)).toEqual([signatureOf(transaction)]);
    expect(fixture.chain.history.get(signatureOf(transaction))).toBeUndefined();
    expect(balances(fixture, bob.address)).toEqual([0n, 0n, 0n]);
    expect(balances(fixture, alice.address)[0]).toBe(5n * sol);
    expect(fixture.chain.submit(transaction).kind).toBe('landed');
    expect(balances(fixture, bob.address)[0]).toBe(sol);
  });

  it('takes blockhashes with it: what was signed with one can never land', async () => {
    const fixture = new ChainFixture();
    fixture.chain.airdrop(alice.address, 5n * sol);
    fixture.pass(slotsUntil.finalized + 5);
    const transaction = fixture.transfer(alice, bob.address, sol);

    await fixture.chain.fork();

    expect(fixture.chain.submit(transaction)).toEqual({
      kind: 'refused',
      error: 'BlockhashNotFound',
    });
  });
});

describe('time', () => {
  it('passes in slots with the clock, for programs too', () => {
    const fixture = new ChainFixture();
    const { time } = fixture.chain;
    const slot = time.slot();

    fixture.nowMs += 10 * slotMs + 399;

    expect(time.slot()).toBe(slot + 10);
    expect(time.unixSeconds(time.slot())).toBe(startMs / 1000 + 4);
  });

  it('is moved by a warp, with the slots that pass meanwhile', async () => {
    const fixture = new ChainFixture();
    const { time } = fixture.chain;
    const [slot, height] = [time.slot(), time.blockHeight(time.slot())];
    const fortnight = 14 * 86_400;

    await fixture.chain.warp({ seconds: fortnight });

    const passed = (fortnight * 1000) / slotMs;
    expect(time.slot()).toBe(slot + passed);
    expect(time.blockHeight(time.slot())).toBe(height + passed);
    expect(time.unixSeconds(time.slot())).toBe(startMs / 1000 + fortnight);
    expect(time.unixSeconds(slot)).toBe(startMs / 1000);
  });

  it('moves exactly by the second, whatever the pace of slots', async () => {
    for (const pace of [1, 7, 400, 10_000]) {
      const fixture = new ChainFixture({
        genesis: { seed: new Uint8Array(32), startMs, slotMs: pace },
      });
      await fixture.chain.warp({ seconds: 1 });
      const { time } = fixture.chain;
      expect(time.unixSeconds(time.slot())).toBe(startMs / 1000 + 1);
    }
  });

  it('does not go back when the clock does', () => {
    const fixture = new ChainFixture();
    fixture.pass(10);
    const slot = fixture.chain.time.slot();

    fixture.pass(-8);

    expect(fixture.chain.time.slot()).toBe(slot);
  });
});

describe('whatever happens', () => {
  const wallets = [alice, bob, carol] as const;
  const who = fc.integer({ min: 0, max: 2 });
  const amount = fc.bigInt({ min: 1n, max: 3n * sol });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('airdrop' as const), to: who, amount }),
    fc.record({ kind: fc.constant('transfer' as const), from: who, to: who, amount }),
    fc.record({ kind: fc.constant('pass' as const), slots: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ kind: fc.constant('warp' as const), seconds: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ kind: fc.constant('fork' as const) }),
  );

  it('at every commitment lamports only leave as the fees of what landed', async () => {
    const genesis = total(new ChainFixture(), 'processed');
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const fixture = new ChainFixture();
      const { chain } = fixture;
      for (const each of steps) {
        if (each.kind === 'airdrop') chain.airdrop(wallets[each.to]?.address ?? '', each.amount);
        if (each.kind === 'pass') fixture.pass(each.slots);
        if (each.kind === 'warp') await chain.warp({ seconds: each.seconds });
        if (each.kind === 'fork') await chain.fork();
        const from = each.kind === 'transfer' ? wallets[each.from] : undefined;
        if (each.kind === 'transfer' && from !== undefined) {
          chain.submit(fixture.transfer(from, wallets[each.to]?.address ?? '', each.amount));
        }
        for (const level of levels) {
          const slot = chain.time.slotAt(level);
          const landed = [...chain.history.all()].filter((one) => one.slot <= slot);
          const fees = landed.reduce((sum, one) => sum + one.fee, 0n);
          expect(total(fixture, level)).toBe(genesis - fees);
        }
      }
    });

    await fc.assert(property, { numRuns: 60 });
  });

  function total({ chain }: ChainFixture, level: (typeof levels)[number]): bigint {
    let sum = 0n;
    for (const [, { lamports }] of chain.ownedBy('11111111111111111111111111111111', level)) {
      sum += lamports;
    }
    return sum;
  }
});
