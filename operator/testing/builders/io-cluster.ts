import { createHash } from 'node:crypto';
import { decodeIOCluster, type IOCluster, type IOPlacement } from '../../../crds/schema/index.ts';
import { Inventory } from '../../domain/inventory/inventory.ts';
import { place } from '../../domain/placement/place.ts';
import { quote } from '../../domain/placement/quote.ts';
import { defaultFees } from '../../domain/pricing/fees.ts';
import type { PricingTerms } from '../../domain/pricing/hold.ts';
import { decide } from '../../reconcilers/io-cluster/decide.ts';
import type { Money, Observed } from '../../reconcilers/io-cluster/snapshot.ts';

/** As the product's. */
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
/** When leases of these tests begin. */
export const startTime = '2026-11-23T10:00:00Z';
const nowMs = Date.parse('2026-11-23T11:00:00Z');

export type SpecPatch = Record<string, unknown>;

/** `team/train`, two workers with a GPU each; say only what matters. */
export function buildCluster(spec: SpecPatch = {}, rest: Partial<IOCluster> = {}): IOCluster {
  const decoded = decodeIOCluster({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name: 'train', namespace: 'team', uid: 'uid-1', generation: 1 },
    spec: {
      ray: { version: '2.52.1' },
      workerGroups: [{ name: 'gpu', replicas: 2 }],
      ...spec,
    },
  });
  return { ...decoded, ...rest, metadata: { ...decoded.metadata, ...rest.metadata } };
}

/** Two members with four H100 each; `berlin` is cheaper. */
export function buildFederation(): Inventory {
  const all = new Inventory();
  for (const [member, price] of [
    ['austin', 3_000_000n],
    ['berlin', 2_000_000n],
  ] as const) {
    all.upsertMember({
      name: member,
      schedulable: true,
      country: 'DE',
      certifications: [],
      supplier: `io/${member}`,
      offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: price }],
    });
    for (let index = 0; index < 4; index += 1) {
      all.upsertDevice({
        member,
        name: `n1-gpu-${index}`,
        node: 'n1',
        index,
        model: 'H100-80GB-HBM3',
        memoryMiB: 81_559,
        resourceName: 'nvidia.com/gpu',
        nvlink: true,
        confidential: false,
        verified: true,
        healthy: true,
        allocatable: true,
      });
    }
  }
  return all;
}

/** What is decided on: the cluster of `buildCluster` in that federation, on a hub without a ledger. */
export function buildObserved(patch: Partial<Observed> = {}): Observed {
  const all = patch.inventory ?? buildFederation();
  return {
    cluster: buildCluster(),
    placement: undefined,
    accountFound: true,
    priorityClassFound: true,
    quotaRemainingDevices: undefined,
    memberConnected: true,
    memberLate: false,
    memberSilentMs: 0,
    memberLeaves: false,
    memberDrainMs: undefined,
    coolingMembers: [],
    inventory: all,
    place: (request) => place(request, all),
    quote: (request) => quote(request, all),
    money: undefined,
    nowMs,
    hash,
    ...patch,
  };
}

/** The placement that the API server would have after the first decision was applied. */
export function buildPlaced(patch: Partial<Observed> = {}): IOPlacement {
  const decision = decide(buildObserved(patch));
  if (decision.apply === undefined) throw new Error('it was not placed');
  const { apply } = decision;
  const metadata = { ...apply.metadata, uid: 'p-1', generation: 1, creationTimestamp: startTime };
  return { ...apply, metadata };
}

/** Two hours are held, five minutes of warning, an end within a minute. */
export const pricingTerms: PricingTerms = {
  fees: defaultFees,
  ioPrice: undefined,
  horizonSeconds: 7_200,
  graceSeconds: 300,
  pollSeconds: 5,
  releaseSeconds: 60,
};

/** A ledger that answers, and has nothing of the cluster yet. */
export function buildMoney(patch: Partial<Money> = {}): Money {
  return {
    terms: pricingTerms,
    away: false,
    spentBefore: 0n,
    available: undefined,
    standing: undefined,
    spend: undefined,
    endedInLedger: false,
    mayBeOpen: () => false,
    ended: () => undefined,
    ...patch,
  };
}
