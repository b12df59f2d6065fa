import { expect, test } from '@jest/globals';
import type { IOAccount } from '../../../crds/schema/index.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { WalletBook } from './wallet-book.ts';

const wallet = '4Vk7SnsgQwjEN8fNqLSXmZrv9rpHRN7RdwsPqbazUzzp';
const other = '4Vk7SnsgQwjEN8fNqLSXmZrv9rpHRN7RdwsPqbazUzzq';
const account = (spec: Partial<IOAccount['spec']>): IOAccount => ({
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOAccount',
  metadata: { name: 'a', namespace: 'team' },
  spec: { kind: 'Supplier', ...spec },
});

type Proof = Readonly<{ number: bigint; account: string; wallet: string }>;

function bookOf(proofs: readonly Proof[] | Error) {
  const since = async (after: bigint) => {
    if (proofs instanceof Error) throw proofs;
    return proofs.filter(({ number }) => number > after);
  };
  const clock = new ManualClock(0);
  return new WalletBook({ wallets: { since }, clock, logger: silentLogger });
}

test('a wallet is proved when the newest proof of its account is one of it', async () => {
  const book = bookOf([
    { number: 1n, account: 'team/a', wallet: other },
    { number: 2n, account: 'team/a', wallet },
    { number: 3n, account: 'team/b', wallet: other },
  ]);
  expect(await book.read()).toEqual(new Set(['team/a', 'team/b']));
  expect(book.condition(account({ wallet }))).toMatchObject({ status: 'True', reason: 'Proved' });
  expect(book.condition(account({ wallet: other }))).toMatchObject({ reason: 'NotProved' });
  expect(book.condition(account({}))).toMatchObject({ status: 'False', reason: 'WalletMissing' });
  expect(await book.read()).toEqual(new Set());
});

test('nothing is said while nobody could look', async () => {
  const book = bookOf(new Error('the ledger is away'));
  expect(await book.read()).toEqual(new Set());
  expect(book.condition(account({ wallet }))).toBeUndefined();
});
