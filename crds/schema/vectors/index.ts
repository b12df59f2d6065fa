import { badAccounts, goodAccounts } from './io-account.ts';
import { goodClusters } from './io-cluster.ts';
import { badClusterParts } from './io-cluster-parts.ts';
import { badClusterWholes } from './io-cluster-whole.ts';
import { badPlacements } from './bad-placements.ts';
import { badCases, badDevices, badMembers, goodMemberSide } from './member-side.ts';
import { largestTransitions, largestVectors } from './largest.ts';
import { changes } from './transitions.ts';
import type { BadVector, GoodVector, TransitionVector } from './vector.ts';

export const goodVectors: readonly GoodVector[] = [
  ...goodClusters,
  ...goodMemberSide,
  ...goodAccounts,
  ...largestVectors,
];

export const badVectors: readonly BadVector[] = [
  ...badClusterParts,
  ...badClusterWholes,
  ...badMembers,
  ...badDevices,
  ...badPlacements,
  ...badAccounts,
  ...badCases,
];

export const transitions: readonly TransitionVector[] = [...changes, ...largestTransitions];
