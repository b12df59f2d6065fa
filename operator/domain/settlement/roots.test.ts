import { expect, test } from '@jest/globals';
import { claimableRoot, decidePublish, type DistributorState, type RewardRoot } from './roots.ts';

const emission = 100n;
const genesisSeconds = 3_600;
const delay = 7_200;

const rootOf = (epoch: number, total: bigint, root = `${epoch}`): RewardRoot => ({
  epoch,
  root,
  total,
  leafCount: 3,
  depth: 2,
});
const state = (given: Partial<DistributorState> = {}): DistributorState => ({
  active: undefined,
  pending: undefined,
  challengeDelaySeconds: delay,
  emissionPerEpoch: emission,
  genesisSeconds,
  paused: false,
  ...given,
});
/** Second `offset` of an epoch. */
const inEpoch = (epoch: number, offset: number): number =>
  genesisSeconds + (epoch - 1) * 3_600 + offset;
const now = inEpoch(10, 600);
const pendingOf = (root: RewardRoot, ageSeconds: number) => ({
  ...root,
  publishedSeconds: now - ageSeconds,
});
const active = rootOf(5, 500n);

test.each([
  ['the first root', {}, rootOf(9, 900n), 'Publish'],
  ['more than all epochs may emit', {}, rootOf(9, 901n), 'TotalExceedsEmission'],
  ['a root after the active one', { active }, rootOf(9, 900n), 'Publish'],
  ['more than the epochs since may emit', { active }, rootOf(9, 901n), 'TotalExceedsEmission'],
  ['less than before', { active }, rootOf(9, 499n), 'TotalFalls'],
  ['the root that is active', { active }, active, 'Published'],
  ['an older one', { active }, rootOf(4, 400n), 'Published'],
  ['another root for the same epoch', { active }, rootOf(5, 500n, 'x'), 'Differs'],
  ['an epoch that goes on', { active }, rootOf(10, 900n), 'EpochNotOver'],
  ['while the program is paused', { active, paused: true }, rootOf(9, 900n), 'Paused'],
  [
    'while the one before can be cancelled',
    { active, pending: pendingOf(rootOf(8, 800n), delay - 1) },
    rootOf(9, 900n),
    'Challenge',
  ],
  [
    'once the one before has matured',
    { active, pending: pendingOf(rootOf(8, 800n), delay) },
    rootOf(9, 900n),
    'Publish',
  ],
  [
    'the growth counts from the one that has matured',
    { active, pending: pendingOf(rootOf(8, 700n), delay) },
    rootOf(9, 801n),
    'TotalExceedsEmission',
  ],
  [
    'the one that is pending',
    { active, pending: pendingOf(rootOf(9, 900n), 1) },
    rootOf(9, 900n),
    'Published',
  ],
  [
    'another one is pending for the epoch',
    { active, pending: pendingOf(rootOf(9, 900n, 'x'), 1) },
    rootOf(9, 900n),
    'Differs',
  ],
] as const)('%s', (_, given: Partial<DistributorState>, newest, step) => {
  expect(decidePublish(state(given), newest, now)).toBe(step);
});

test.each([
  ['there is no root', {}, undefined],
  ['none is pending', { active }, 5],
  ['one is immature', { active, pending: pendingOf(rootOf(8, 1n), delay - 1) }, 5],
  ['one has matured', { active, pending: pendingOf(rootOf(8, 1n), delay) }, 8],
] as const)('claims are paid by the right root when %s', (_, given, epoch) => {
  expect(claimableRoot(state(given), now)?.epoch).toBe(epoch);
});
