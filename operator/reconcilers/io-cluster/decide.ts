import { durationSeconds } from '../../../crds/schema/duration.ts';
import type { IOPlacement } from '../../../crds/schema/index.ts';
import { type DeviceKey, deviceKey } from '../../domain/inventory/types.ts';
import { ledgerUnavailable } from '../../domain/io-cluster/funding.ts';
import { exhaustedMessage, type MoneyWords } from '../../domain/io-cluster/money-conditions.ts';
import type { FinishReason, Lease, Phase, ReleaseCause } from '../../domain/io-cluster/phase.ts';
import { leasedDeviceNames, leaseIdOf, memberNamespace } from '../../domain/lease.ts';
import type { Placement, Refusal } from '../../domain/placement/types.ts';
import { devicesByGroup, placementObject } from './decide-placement-object.ts';
import {
  type Closing,
  endingReason,
  endingsOf,
  type Extension,
  extensionOf,
  moneyWords,
  type Opening,
  openingOf,
  paymentFor,
} from './decide-money.ts';
import { type Rescaled, rescaledPlacement } from './decide-rescale.ts';
import { type RepairNote, repairOf } from './decide-repair.ts';
import { leavingOf, lookAgainInMs, takeOver } from './decide-leaving.ts';
import { memberReport } from './decide-report.ts';
import { requestFor, suspended } from './decide-suspended.ts';
import type { Observed } from './snapshot.ts';

/**
 * What to do about one IOCluster. Carried out in this order: assume, finalizer, open or extend,
 * apply, status, remove, close, and at last the finalizer's release.
 */
export type Decision = Readonly<{
  finalizer: 'ensure' | 'release' | 'keep';
  /** Absent: the status stays as it is. */
  phase?: Phase;
  /** The lease that the status should name, and the count of leases so far. */
  lease?: Lease;
  leaseGeneration: number;
  /** Devices to hold before anything is written. */
  assume?: Readonly<{ leaseId: string; devices: readonly DeviceKey[] }>;
  /** Money to hold before the placement is written. */
  open?: Opening;
  extend?: Extension &
    Readonly<{
      /** What to do if the money is not there. */
      otherwise: Decision;
    }>;
  apply?: Omit<IOPlacement, 'status'>;
  remove?: IOPlacement;
  /** A deleted placement whose member is silent: it ends without its agent, unless that was heard. */
  takeOver?: IOPlacement;
  /** Leases that ended: the ledger is told once nothing of them is left. */
  close?: readonly Closing[];
  /** What the status says of money; absent without a ledger. */
  money?: MoneyWords | undefined;
  /** A member that refused: it is not asked again for a while. */
  cool?: string;
  /** A placement decision was made; its outcome is counted. */
  decided?: Placement | Refusal;
  /** What the renter is told besides, once the placement is written. */
  notes?: readonly RepairNote[];
  requeueAfterMs?: number;
}>;

/** While the ledger is away, what waits for it asks again this often. */
const ledgerAwayMs = 5_000;

/** Pure: the same snapshot gives the same decision, and deciding again after it changes nothing. */
export function decide(observed: Observed): Decision {
  const { cluster, placement } = observed;
  if (cluster.metadata.deletionTimestamp !== undefined) return onDeletion(observed);
  const finished = finishedAs(observed);
  const releasing = placement !== undefined;
  if (finished !== undefined) {
    return withoutLease(observed, { kind: 'Finished', ...finished, releasing });
  }
  if (cluster.spec.suspend) return withoutLease(observed, suspended(observed));
  if (placement !== undefined) return onLease(observed, placement);
  return onQueue(observed);
}

function onDeletion(observed: Observed): Decision {
  const { placement, cluster, money } = observed;
  const leaseGeneration = cluster.status?.leaseGeneration ?? 0;
  if (placement !== undefined) {
    return {
      finalizer: 'keep',
      leaseGeneration,
      ...removal(placement),
      ...takeOver(observed, placement, true),
    };
  }
  // A finalizer never goes before its money is settled.
  if (money?.away === true) {
    return { finalizer: 'keep', leaseGeneration, requeueAfterMs: ledgerAwayMs };
  }
  const { current, stray } = endingsOf(observed, leaseGeneration, endingReason(observed));
  return { finalizer: 'release', leaseGeneration, ...closings(current, stray) };
}

function closings(...found: readonly (Closing | undefined)[]): { close?: readonly Closing[] } {
  const close = found.filter((closing) => closing !== undefined);
  return close.length === 0 ? {} : { close };
}

/** Deleting once is enough; then the agent's finalizer decides when it is gone. */
function removal(placement: IOPlacement): { remove?: IOPlacement } {
  return placement.metadata.deletionTimestamp === undefined ? { remove: placement } : {};
}

function withoutLease(observed: Observed, phase: Phase): Decision {
  const { placement } = observed;
  const isOver = phase.kind === 'Finished';
  return {
    ...idle(observed, phase),
    ...(placement === undefined
      ? {}
      : { ...removal(placement), ...takeOver(observed, placement, isOver) }),
  };
}

/** No lease is wanted: what the ledger still has of one comes to its end. */
function idle(observed: Observed, phase: Phase): Decision {
  const { money, placement } = observed;
  const generation = generationSoFar(observed);
  const { current, stray } = endingsOf(observed, generation, endingReason(observed));
  const waits = money?.away === true && placement === undefined;
  const price = 'quote' in phase ? phase.quote?.priceMicroUsdPerHour : undefined;
  return {
    finalizer: 'keep',
    phase,
    // The number of a lease that was opened is never given again.
    leaseGeneration: stray === undefined ? generation : generation + 1,
    money: moneyWords(observed, paymentFor(observed, price)),
    ...closings(current, stray),
    ...(waits ? { requeueAfterMs: ledgerAwayMs } : {}),
  };
}

function generationSoFar({ cluster, placement }: Observed): number {
  return Math.max(cluster.status?.leaseGeneration ?? 0, placement?.spec.leaseGeneration ?? 0);
}

function onLease(observed: Observed, placement: IOPlacement): Decision {
  const releasing = releasingOf(observed, placement);
  if (releasing !== undefined) {
    const money = moneyWords(observed, undefined);
    const leaseGeneration = generationSoFar(observed);
    const end = takeOver(observed, placement, false);
    return { finalizer: 'ensure', leaseGeneration, money, ...releasing, ...end };
  }
  const repaired = repairOf(observed, placement);
  if (repaired?.kind === 'Apply') {
    const decision = onRunning(observed, placement, repaired);
    return decision.apply === undefined ? decision : { ...decision, notes: repaired.notes };
  }
  if (repaired?.kind === 'Move') {
    const money = moneyWords(observed, undefined);
    const leaseGeneration = generationSoFar(observed);
    return { finalizer: 'ensure', leaseGeneration, money, ...repaired.leaving };
  }
  const wanted = rescaledPlacement(observed, placement);
  if (wanted.kind === 'ShapeChanged') {
    const message = 'The specification changed before the cluster ran; it is placed anew.';
    const phase = { kind: 'Releasing', cause: 'ShapeChanged', message } as const;
    const leaseGeneration = generationSoFar(observed);
    const money = moneyWords(observed, undefined);
    return { finalizer: 'ensure', leaseGeneration, money, phase, remove: placement };
  }
  if (repaired !== undefined && wanted.kind === 'Keep') {
    return damaged(observed, placement, repaired);
  }
  return onRunning(observed, placement, wanted);
}

/** Causes that a condition keeps telling while the lease goes. */
const toldCauses = ['MemberLost', 'MemberDraining', 'DeviceBroken'] as const;

/** Why a lease is on its way out although its cluster goes on. */
function releasingOf(
  observed: Observed,
  placement: IOPlacement,
): Pick<Decision, 'phase' | 'cool' | 'remove'> | undefined {
  const { money, cluster } = observed;
  const { leaseId, member } = placement.spec;
  const releasing = (cause: ReleaseCause, message: string): Pick<Decision, 'phase'> => ({
    phase: { kind: 'Releasing', cause, message },
  });
  if (placement.metadata.deletionTimestamp !== undefined) {
    // Why it was deleted stays told while it goes.
    const before = cluster.status?.conditions?.find(({ type }) => type === 'Placed');
    const told = toldCauses.find((cause) => cause === before?.reason);
    if (told !== undefined) return releasing(told, before?.message ?? '');
    return releasing('ShapeChanged', `${leaseId} is being released by ${member}.`);
  }
  const { accepted } = memberReport(placement);
  if (accepted?.ok === false) {
    const refused = releasing('RefusedByMember', `${member} refused: ${accepted.message}`);
    return { ...refused, cool: member, remove: placement };
  }
  if (money?.endedInLedger === true) {
    const message = `${leaseId} has ended in the ledger; the cluster is placed anew.`;
    return { ...releasing('EndedInLedger', message), remove: placement };
  }
  return leavingOf(observed, placement);
}

function onRunning(
  observed: Observed,
  placement: IOPlacement,
  wanted: Exclude<Rescaled, { kind: 'ShapeChanged' }>,
): Decision {
  if (wanted.kind === 'Keep') return running(observed, placement, wanted.refusal);
  const { object, added } = wanted;
  const { leaseId, priceMicroUsdPerHour } = object.spec;
  const extension = extensionOf(observed, { id: leaseId, priceMicroUsdPerHour }, added);
  if (extension?.kind === 'Refusal') return running(observed, placement, extension);
  const changed: Decision = {
    ...running(observed, placement, undefined, object.spec),
    apply: object,
    assume: { leaseId, devices: devicesOf(object) },
  };
  if (extension === undefined) return changed;
  const otherwise = running(observed, placement, undefined);
  return { ...changed, extend: { ...extension, otherwise } };
}

/** The lease goes on; `spec` is what its placement is about to be. */
function running(
  observed: Observed,
  placement: IOPlacement,
  scaleUpRefusal: Refusal | undefined,
  spec: IOPlacement['spec'] = placement.spec,
): Decision {
  const { memberConnected } = observed;
  const lease = leaseOf(placement, spec);
  const report = memberReport(placement);
  const requeueAfterMs = earliest(
    untilExpiry(observed, lease.startTime),
    lookAgainInMs(observed, placement),
  );
  const payment = paymentFor(observed, BigInt(lease.priceMicroUsdPerHour));
  return {
    finalizer: 'ensure',
    leaseGeneration: generationSoFar(observed),
    lease,
    phase: { kind: 'Leased', lease, report, memberConnected, scaleUpRefusal },
    money: moneyWords(observed, payment),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

/** Nothing takes the place of a broken device: the rest goes on, and is looked at again. */
function damaged(
  observed: Observed,
  placement: IOPlacement,
  { message, requeueAfterMs }: Readonly<{ message: string; requeueAfterMs: number }>,
): Decision {
  const decision = running(observed, placement, undefined);
  const { phase } = decision;
  return {
    ...decision,
    ...(phase?.kind === 'Leased' ? { phase: { ...phase, damage: message } } : {}),
    requeueAfterMs: Math.min(decision.requeueAfterMs ?? requeueAfterMs, requeueAfterMs),
  };
}

function onQueue(observed: Observed): Decision {
  const { cluster, hash, money } = observed;
  const soFar = generationSoFar(observed);
  const { current } = endingsOf(observed, soFar, endingReason(observed));
  // One lease at a time, in the ledger too.
  if (current !== undefined) {
    return { finalizer: 'keep', leaseGeneration: soFar, close: [current], requeueAfterMs: 0 };
  }
  const invalid = invalidity(observed);
  if (invalid !== undefined) return idle(observed, invalid);
  if (money?.away === true) return idle(observed, ledgerUnavailable(undefined));
  const request = requestFor(observed);
  const decided = observed.place(request);
  if (decided.kind === 'Refusal') {
    const quote = observed.quote(request);
    return { ...idle(observed, { kind: 'Waiting', refusal: decided, quote }), decided };
  }
  const leaseGeneration = soFar + 1;
  const leaseId = leaseIdOf(cluster.metadata.uid ?? '', leaseGeneration, hash);
  const funded = money === undefined ? undefined : openingOf(observed, money, decided, leaseId);
  if (funded?.kind === 'Unfunded') return idle(observed, funded);
  const object = placementObject({
    cluster,
    member: decided.member,
    groups: devicesByGroup(decided),
    priceMicroUsdPerHour: Number(decided.priceMicroUsdPerHour),
    leaseId,
    leaseGeneration,
    namespace: memberNamespace(decided.member),
    hash,
  });
  const payment = paymentFor(observed, decided.priceMicroUsdPerHour);
  return {
    finalizer: 'ensure',
    leaseGeneration,
    assume: { leaseId, devices: devicesOf(object) },
    ...(funded === undefined ? {} : { open: funded.opening }),
    apply: object,
    money: moneyWords(observed, payment, funded?.opening),
    decided,
  };
}

function invalidity(observed: Observed): Extract<Phase, { kind: 'Invalid' }> | undefined {
  const { cluster } = observed;
  const namespace = cluster.metadata.namespace ?? '';
  if (observed.money !== undefined && cluster.spec.accountRef === undefined) {
    const message = `spec.accountRef is missing: name the IOAccount in namespace ${namespace} that pays.`;
    return { kind: 'Invalid', reason: 'AccountRequired', message };
  }
  if (!observed.accountFound) {
    const name = cluster.spec.accountRef?.name ?? '';
    const message = `spec.accountRef.name: there is no IOAccount ${name} in namespace ${namespace}.`;
    return { kind: 'Invalid', reason: 'AccountNotFound', message };
  }
  if (!observed.priorityClassFound) {
    const name = cluster.spec.priorityClassName ?? '';
    const message = `spec.priorityClassName: there is no PriorityClass ${name} on the hub.`;
    return { kind: 'Invalid', reason: 'PriorityClassNotFound', message };
  }
  return undefined;
}

/** The lease of a placement; `spec` may be newer than what the placement was read with. */
export function leaseOf(placement: IOPlacement, spec: IOPlacement['spec']): Lease {
  return {
    id: spec.leaseId,
    generation: spec.leaseGeneration,
    member: spec.member,
    placement: placement.metadata.name,
    startTime: placement.metadata.creationTimestamp ?? '',
    devices: spec.workerGroups.reduce((sum, group) => sum + group.devices.length, 0),
    priceMicroUsdPerHour: spec.priceMicroUsdPerHour,
  };
}

/** The devices that a placement names, as the inventory keys them. */
export const devicesOf = ({ spec }: Pick<IOPlacement, 'spec'>): readonly DeviceKey[] =>
  leasedDeviceNames(spec).map((name) => deviceKey(spec.member, name));

type Finish = Readonly<{ reason: FinishReason; message: string }>;

/** Finished stays finished, whatever is edited afterwards. */
function finishedAs(observed: Observed): Finish | undefined {
  const { cluster, placement } = observed;
  const latched = cluster.status?.conditions?.find(({ type }) => type === 'Finished');
  if (latched?.status === 'True') {
    const reason = finishReasons.find((each) => each === latched.reason) ?? 'TTLExpired';
    return { reason, message: latched.message };
  }
  if (placement === undefined) return undefined;
  return (
    expired(observed, placement) ?? exhausted(observed, placement) ?? gone(observed, placement)
  );
}

const finishReasons: readonly FinishReason[] = ['TTLExpired', 'BudgetExhausted', 'MemberGone'];

/** A cluster that is never placed anew ends with a member that is removed without an answer. */
function gone({ memberLeaves, memberConnected }: Observed, { spec }: IOPlacement) {
  if (!memberLeaves || memberConnected || spec.fencing?.policy !== 'Never') return undefined;
  const message = `${spec.member} was removed, and spec.failover.policy is Never.`;
  return { reason: 'MemberGone', message } as const;
}

function expired(observed: Observed, { metadata }: IOPlacement): Finish | undefined {
  const leftMs = untilExpiry(observed, metadata.creationTimestamp ?? '');
  if (leftMs === undefined || leftMs > 0) return undefined;
  const ttl = observed.cluster.spec.lifetime?.ttl ?? '';
  const message = `spec.lifetime.ttl ${ttl} has passed since the lease began.`;
  return { reason: 'TTLExpired', message };
}

function exhausted({ cluster, money }: Observed, { spec }: IOPlacement): Finish | undefined {
  const standing = money?.standing;
  if (standing?.leaseId !== spec.leaseId || standing.budget.stage !== 'Stop') return undefined;
  const message = exhaustedMessage(standing, cluster.spec.paymentAsset);
  return { reason: 'BudgetExhausted', message };
}

/** The least of those that are known. */
function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Milliseconds until spec.lifetime.ttl has passed, at least 0; undefined without a ttl. */
function untilExpiry({ cluster, nowMs }: Observed, startTime: string): number | undefined {
  const { ttl } = cluster.spec.lifetime ?? {};
  if (ttl === undefined) return undefined;
  const seconds = durationSeconds(ttl);
  if (seconds === undefined) return undefined;
  return Math.max(0, Date.parse(startTime) + seconds * 1000 - nowMs);
}
