import type { IOCluster, IOClusterSpend, IOClusterStatus } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import { ioClusterConditions } from '../../domain/io-cluster/conditions.ts';
import type { MoneyWords } from '../../domain/io-cluster/money-conditions.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
import type { Quote } from '../../domain/placement/quote.ts';
import type { Refusal } from '../../domain/placement/types.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import type { Payment } from '../../domain/pricing/hold.ts';
import { withConditions } from '../with-conditions.ts';
import type { Decision } from './decide.ts';

/** status.refusals has at most this many entries. */
const maximumRefusals = 20;

/** The whole status after a decision in `phase`; equal to the old one where nothing changed. */
export function statusAfter(
  cluster: IOCluster,
  decision: Decision,
  phase: Phase,
  nowMs: number,
  gatewayUrl?: string,
): IOClusterStatus {
  const { generation } = cluster.metadata;
  const intents = steady(cluster, phase, ioClusterConditions(phase, decision.money));
  const conditions = withConditions(cluster.status?.conditions, intents, generation, nowMs);
  const spend = spendAfter(cluster, decision.money, intents, nowMs);
  return {
    observedGeneration: generation ?? 0,
    conditions: [...conditions],
    leaseGeneration: decision.leaseGeneration,
    ...(spend === undefined ? {} : { spend }),
    ...(phase.kind === 'Waiting' ? waitingFields(phase, decision.money) : {}),
    ...(phase.kind === 'Unfunded' ? quoteField(phase.quote, decision.money) : {}),
    ...(phase.kind === 'Suspended' ? suspendedFields(cluster, phase, decision.money) : {}),
    ...(phase.kind === 'Leased' ? leasedFields(cluster, phase, decision.money) : {}),
    ...endpointField(cluster, conditions, gatewayUrl),
  };
}

/** Told while somebody is there to answer. */
function endpointField(
  { metadata }: IOCluster,
  conditions: readonly Readonly<{ type: string; status: string }>[],
  gatewayUrl: string | undefined,
) {
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (gatewayUrl === undefined || !isReady) return {};
  return { endpoint: `${gatewayUrl}/clusters/${metadata.namespace}/${metadata.name}/` };
}

/** Whether the status speaks of this lease, at this price, already. */
function isSameLease({ status }: IOCluster, phase: Phase): boolean {
  if (phase.kind !== 'Leased') return false;
  const { id, priceMicroUsdPerHour } = phase.lease;
  return status?.lease?.id === id && status.lease.priceMicroUsdPerHour === priceMicroUsdPerHour;
}

/**
 * What a condition says of money has figures of the moment in which it became so. They are not written
 * anew while the reason stays, or each hub that starts would write all IOClusters.
 */
function steady(
  cluster: IOCluster,
  phase: Phase,
  intents: readonly ConditionIntent[],
): readonly ConditionIntent[] {
  if (!isSameLease(cluster, phase)) return intents;
  return intents.map((intent) => {
    if (intent.type !== 'Funded' && intent.type !== 'Quoted') return intent;
    const before = cluster.status?.conditions?.find(({ type }) => type === intent.type);
    const same = before?.status === intent.status && before.reason === intent.reason;
    return same ? { ...intent, message: before.message } : intent;
  });
}

/** Figures are taken anew when money was settled, held or released, or a condition of it changed. */
function spendAfter(
  { status }: IOCluster,
  money: MoneyWords | undefined,
  intents: readonly ConditionIntent[],
  nowMs: number,
): IOClusterSpend | undefined {
  const before = status?.spend;
  if (money?.spend === undefined) return before;
  const { asset, settled, held, unsettled } = money.spend;
  const text = (amount: bigint): string => formatAmount(amount, asset);
  const sameReasons = intents.every(
    ({ type, reason }) =>
      (type !== 'Funded' && type !== 'Metering') ||
      status?.conditions?.find((condition) => condition.type === type)?.reason === reason,
  );
  const same = before?.settled === text(settled) && before.held === text(held);
  if (same && sameReasons) return before;
  return {
    asset,
    settled: text(settled),
    held: text(held),
    unsettled: text(unsettled),
    summary: `${text(settled + unsettled)} ${asset}`,
    time: new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  };
}

function waitingFields(
  { refusal, quote }: Extract<Phase, { kind: 'Waiting' }>,
  money: MoneyWords | undefined,
) {
  return { ...refusalsField(refusal), ...quoteField(quote, money) };
}

/**
 * What was told of this very specification stays as it is, or each hub that starts would write all
 * suspended IOClusters whose prices have moved.
 */
function suspendedFields(
  { metadata, status }: IOCluster,
  { quote, refusal }: Extract<Phase, { kind: 'Suspended' }>,
  money: MoneyWords | undefined,
) {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const wasTold = ready?.reason === 'Suspended' && ready.observedGeneration === metadata.generation;
  if (wasTold && status?.quote !== undefined) {
    const { quote: told, refusals } = status;
    return { quote: told, ...(refusals === undefined ? {} : { refusals }) };
  }
  return { ...refusalsField(refusal), ...quoteField(quote, money) };
}

function refusalsField(refusal: Refusal | undefined) {
  if (refusal === undefined) return {};
  const counts = refusal.counts.slice(0, maximumRefusals);
  return {
    refusals: counts.map(({ reason, members, devices }) => ({ reason, members, devices })),
  };
}

function quoteField(quote: Quote | undefined, money: MoneyWords | undefined) {
  if (quote === undefined) return {};
  const { devices, priceMicroUsdPerHour } = quote;
  const price = Number(priceMicroUsdPerHour);
  return { quote: { devices, priceMicroUsdPerHour: price, ...paymentField(money?.payment) } };
}

function paymentField(payment: Payment | undefined) {
  if (payment === undefined) return {};
  const { asset, perHour, hold } = payment;
  const text = (amount: bigint): string => formatAmount(amount, asset);
  return { payment: { asset, perHour: text(perHour), hold: text(hold) } };
}

function leasedFields(
  cluster: IOCluster,
  phase: Extract<Phase, { kind: 'Leased' }>,
  money: MoneyWords | undefined,
) {
  const { lease, report } = phase;
  const desired = cluster.spec.workerGroups.reduce((sum, { replicas }) => sum + replicas, 0);
  const workers = {
    desired: report.workers?.desired ?? desired,
    ready: report.workers?.ready ?? 0,
  };
  const { devices, priceMicroUsdPerHour } = lease;
  const agreed = cluster.status?.quote;
  return {
    lease,
    quote:
      agreed?.payment !== undefined && isSameLease(cluster, phase)
        ? agreed
        : { devices, priceMicroUsdPerHour, ...paymentField(money?.payment) },
    workers: { ...workers, summary: `${workers.ready}/${workers.desired}` },
  };
}
