import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChain } from '../../adapters/solana/chain.ts';
import type { RewardRoot } from '../../domain/settlement/roots.ts';
import { startTestChain, type TestChain } from '../../testing/chain.ts';
import { eventually } from '../../testing/eventually.ts';
import { publishRoot, publishRootOperation } from './publish-root.ts';

let net: TestChain;

beforeAll(async () => {
  net = await startTestChain({ slotMs: 5 });
});
afterAll(() => net.close());

const rootOf = (epoch: number, byte = 'ab'): RewardRoot => ({
  epoch,
  root: byte.repeat(32),
  total: 10n,
  leafCount: 1,
  depth: 0,
});
const operationOf = (root: RewardRoot) => publishRootOperation(net.deployment, root);
const landed = (root: RewardRoot) =>
  publishRoot.landed(operationOf(root).payload, createChain([net.url]), net.deployment);

async function publish(root: RewardRoot): Promise<void> {
  const { publisher } = net.roles;
  const { payload } = operationOf(root);
  await net.send(publishRoot.instructions(payload, net.deployment, publisher.address), [publisher]);
}

test('an operation is named by its epoch and root', () => {
  const ids = [rootOf(5), rootOf(6), rootOf(5, 'cd')].map((root) => operationOf(root).operationId);
  expect(new Set(ids).size).toBe(3);
  expect(operationOf(rootOf(5))).toEqual(operationOf(rootOf(5)));
});

test('a root has landed once it is pending, and what came before it is refused', async () => {
  expect(await landed(rootOf(5))).toBe('NotYet');
  await publish(rootOf(5));
  expect(await landed(rootOf(5))).toBe('Done');
  expect(await landed(rootOf(6))).toBe('NotYet');
  const refused = { refused: 'a root of epoch 5 is on chain' };
  expect(await landed(rootOf(4))).toEqual(refused);
  expect(await landed(rootOf(5, 'cd'))).toEqual(refused);
});

test('a root that was cancelled has landed all the same, and is not sent again', async () => {
  const { auditor } = net.roles;
  await net.send([net.program.cancelRoot(auditor.address)], [auditor]);
  expect(await landed(rootOf(5))).toBe('Done');
  expect(await landed(rootOf(5, 'cd'))).toBe('NotYet');
});

test('a root that made way for a newer one has landed', async () => {
  await publish(rootOf(6));
  await net.warp(1_800);
  await eventually(() => publish(rootOf(7)), { withinMs: 20_000 });
  expect(await landed(rootOf(6))).toBe('Done');
  expect(await landed(rootOf(7))).toBe('Done');
});
