import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { checkChain } from './chain.ts';
import { sha256 } from './sha256.ts';

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Epochs as the ledger chains them, by Node's own hash. */
function epochs(count: number): { epoch: number; digest: string; chain: string }[] {
  let chain = '0'.repeat(64);
  return Array.from({ length: count }, (_, at) => {
    const digest = hex(`digest ${at}`);
    chain = createHash('sha256')
      .update(Buffer.from(chain + digest, 'hex'))
      .digest('hex');
    return { epoch: at + 1, digest, chain };
  });
}

test('a chain from the first epoch on is right, in any order', () => {
  const verdicts = checkChain(epochs(4).toReversed(), sha256);
  expect([...verdicts.values()]).toEqual(['Right', 'Right', 'Right', 'Right']);
});

test('the oldest of a page has nothing to begin from', () => {
  const verdicts = checkChain(epochs(5).slice(2), sha256);
  expect(Object.fromEntries(verdicts)).toEqual({ 3: 'NoPredecessor', 4: 'Right', 5: 'Right' });
});

test.each(['digest', 'chain'] as const)('a changed %s is found out', (field) => {
  const told = epochs(4).map((epoch) =>
    epoch.epoch === 2 ? { ...epoch, [field]: hex('another') } : epoch,
  );
  const verdicts = checkChain(told, sha256);
  expect(verdicts.get(1)).toBe('Right');
  expect(verdicts.get(2)).toBe('Wrong');
});

test.each(['', 'ab', 'z'.repeat(64), '<script>'])('%j is no hash', (digest) => {
  const [first] = epochs(1);
  expect(checkChain([{ epoch: 1, chain: first?.chain ?? '', digest }], sha256).get(1)).toBe(
    'Unreadable',
  );
});
