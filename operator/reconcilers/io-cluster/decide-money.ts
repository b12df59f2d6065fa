import type { IOCluster } from '../../../crds/schema/index.ts';
import { boundedMessage } from '../../domain/condition-intent.ts';
import { productOf } from '../../domain/inventory/types.ts';
import {
  budgetExhausted,
  insufficientFunds,
  priceUnknown,
  scaleUpUnfunded,
  type Shortage,
} from '../../domain/io-cluster/funding.ts';
import type { MoneyWords, Spend } from '../../domain/io-cluster/money-conditions.ts';
import type { Phase } from '../../domain/io-cluster/phase.ts';
import { leaseIdOf } from '../../domain/lease.ts';
import type { AccountKey, LeaseDevice, LeaseTerms } from '../../domain/ledger/types.ts';
import type { Quote } from '../../domain/placement/quote.ts';
import type { PlacedDevice, Placement, Refusal } from '../../domain/placement/types.ts';
import { fromMicroUsd, type IoPrice } from '../../domain/pricing/assets.ts';
import { feeTermsOf } from '../../domain/pricing/fees.ts';
import { leastHold, type Payment, paymentOf } from '../../domain/pricing/hold.ts';
import type { Money, Observed } from './snapshot.ts';

/** A lease to be written into the ledger, and what is held for it. */
export type Opening = Readonly<{ terms: LeaseTerms; hold: bigint }>;
/** Devices that join a lease, and what is held for all of it then. */
export type Extension = Readonly<{
  kind: 'Extension';
  leaseId: string;
  account: AccountKey;
  devices: readonly LeaseDevice[];
  hold: bigint;
}>;
/** The end of a lease in the ledger. */
export type Closing = Readonly<{ leaseId: string; endSeconds: number; evidence: string }>;

type Unfunded = Extract<Phase, { kind: 'Unfunded' }>;

/** `namespace/name` of the account that pays for a cluster; its namespace's own without a name. */
export function renterOf({ metadata, spec }: IOCluster): AccountKey {
  return `${metadata.namespace ?? ''}/${spec.accountRef?.name ?? ''}`;
}

/** What the budget leaves for this lease, in base units; undefined: no budget, or no price. */
function leftToSpend(cluster: IOCluster, money: Money): bigint | undefined {
  const most = maxSpendOf(cluster, money.terms.ioPrice);
  if (most === undefined) return undefined;
  return most > money.spentBefore ? most - money.spentBefore : 0n;
}

/** spec.budget.maxSpendMicroUsd in base units of the asset that the cluster pays in. */
export function maxSpendOf({ spec }: IOCluster, ioPrice: IoPrice): bigint | undefined {
  const most = spec.budget?.maxSpendMicroUsd;
  return most === undefined ? undefined : fromMicroUsd(BigInt(most), spec.paymentAsset, ioPrice);
}

/** What the cluster is to pay for a price; undefined without a ledger, or when its asset has none. */
export function paymentFor(
  { cluster, money }: Observed,
  microUsdPerHour: bigint | undefined,
): Payment | undefined {
  if (money === undefined || microUsdPerHour === undefined) return undefined;
  const left = leftToSpend(cluster, money);
  return paymentOf(microUsdPerHour, cluster.spec.paymentAsset, left, money.terms);
}

/** What it takes to open a lease on what was found, or why it cannot be paid. */
export function openingOf(
  observed: Observed,
  money: Money,
  placed: Placement,
  leaseId: string,
): Readonly<{ kind: 'Opening'; opening: Opening }> | Unfunded {
  const { cluster, inventory, nowMs } = observed;
  const asset = cluster.spec.paymentAsset;
  const quote: Quote = placed;
  const payment = paymentFor(observed, placed.priceMicroUsdPerHour);
  const devices = leaseDevices(observed, money, devicesPlaced(placed));
  if (payment === undefined || devices === undefined) return priceUnknown(asset, quote);
  const { hold, perHour } = payment;
  const least = leastHold(perHour, money.terms);
  const maxSpend = maxSpendOf(cluster, money.terms.ioPrice);
  if (maxSpend !== undefined && hold < least) {
    return budgetExhausted({ asset, maxSpend, spent: money.spentBefore, least }, quote);
  }
  const renter = renterOf(cluster);
  const { available } = money;
  if (available !== undefined && available < hold) {
    const missing = hold - available;
    return insufficientFunds({ account: renter, asset, hold, available, missing }, quote);
  }
  const terms: LeaseTerms = {
    leaseId,
    clusterUid: cluster.metadata.uid ?? '',
    cluster: `${cluster.metadata.namespace ?? ''}/${cluster.metadata.name}`,
    member: placed.member,
    renter,
    supplier: inventory.member(placed.member)?.facts.supplier ?? '',
    asset,
    fees: feeTermsOf(money.terms.fees, asset),
    devices,
    openedAtSeconds: Math.floor(nowMs / 1000),
  };
  return { kind: 'Opening', opening: { terms, hold } };
}

function devicesPlaced(placed: Placement): readonly PlacedDevice[] {
  return placed.groups.flatMap(({ workers }) => workers.flatMap(({ devices }) => devices));
}

/** Each device with what it is and its own price in the asset that is paid in. */
function leaseDevices(
  { cluster, inventory }: Observed,
  { terms }: Money,
  placed: readonly PlacedDevice[],
): readonly LeaseDevice[] | undefined {
  const devices = placed.flatMap(({ key, name, priceMicroUsdPerHour }) => {
    const rate = fromMicroUsd(priceMicroUsdPerHour, cluster.spec.paymentAsset, terms.ioPrice);
    const known = inventory.device(key);
    const model = productOf(known?.model ?? '', known?.migProfile);
    return rate === undefined ? [] : [{ device: name, model, ratePerHour: rate }];
  });
  return devices.length === placed.length ? devices : undefined;
}

/** What more devices of a running lease take, or why they have to wait; undefined: nothing. */
export function extensionOf(
  observed: Observed,
  lease: Readonly<{ id: string; priceMicroUsdPerHour: number }>,
  added: readonly PlacedDevice[],
): Extension | Refusal | undefined {
  const { cluster, money } = observed;
  if (money === undefined || added.length === 0) return undefined;
  const payment = paymentFor(observed, BigInt(lease.priceMicroUsdPerHour));
  const devices = leaseDevices(observed, money, added);
  if (money.away || payment === undefined || devices === undefined) {
    return scaleUpUnfunded(undefined);
  }
  const { asset, hold } = payment;
  const shortage = shortageOfGrowth(money, { account: renterOf(cluster), asset, hold });
  if (shortage !== undefined) return scaleUpUnfunded(shortage);
  return { kind: 'Extension', leaseId: lease.id, account: renterOf(cluster), devices, hold };
}

function shortageOfGrowth(
  { available, spend }: Money,
  wanted: Pick<Shortage, 'account' | 'asset' | 'hold'>,
): Shortage | undefined {
  if (available === undefined || spend === undefined) return undefined;
  const missing = wanted.hold - spend.held - available;
  return missing > 0n ? { ...wanted, available, missing } : undefined;
}

/** What conditions and status say of money; `opened` is what is about to be held. */
export function moneyWords(
  { cluster, money }: Observed,
  payment: Payment | undefined,
  opened?: Opening,
): MoneyWords | undefined {
  if (money === undefined) return undefined;
  const asset = cluster.spec.paymentAsset;
  if (opened === undefined) return { asset, payment, standing: money.standing, spend: money.spend };
  const begun: Spend = { asset, settled: money.spentBefore, held: opened.hold, unsettled: 0n };
  return { asset, payment, standing: undefined, spend: begun };
}

/** The leases of a cluster without a placement that have to be ended in the ledger. */
export type Endings = Readonly<{
  /** The last lease that the status names, and one that was opened and never placed. */
  current: Closing | undefined;
  stray: Closing | undefined;
}>;

/** Nothing has to be ended while a placement stands, or while the ledger is away. */
export function endingsOf(observed: Observed, generation: number, why: string): Endings {
  const { money, placement } = observed;
  if (money === undefined || money.away || placement !== undefined) {
    return { current: undefined, stray: undefined };
  }
  const idOf = (number: number): string =>
    leaseIdOf(observed.cluster.metadata.uid ?? '', number, observed.hash);
  const [current, stray] = [idOf(generation), idOf(generation + 1)];
  return {
    current:
      generation > 0 && money.mayBeOpen(current) ? closing(observed, current, why) : undefined,
    stray: money.mayBeOpen(stray) ? closing(observed, stray, neverPlaced) : undefined,
  };
}

/** Why a lease was ended that the hub opened and did not get to place. */
export const neverPlaced = 'never placed: the hub stopped, or was refused, before it could';

function closing({ money, nowMs }: Observed, leaseId: string, why: string): Closing {
  const ended = money?.ended(leaseId);
  const neverReady = ended?.neverReady;
  return {
    leaseId,
    endSeconds: ended?.endSeconds ?? Math.floor(nowMs / 1000),
    evidence: boundedMessage(neverReady === undefined ? why : `${why}; never Ready: ${neverReady}`),
  };
}

/** Why the lease of a placement that is gone has ended, as far as the cluster still says. */
export function endingReason({ cluster }: Pick<Observed, 'cluster'>): string {
  if (cluster.metadata.deletionTimestamp !== undefined) return 'deleted by the renter';
  const conditions = cluster.status?.conditions ?? [];
  const finished = conditions.find(({ type }) => type === 'Finished');
  if (finished?.status === 'True') return `${finished.reason}: ${finished.message}`;
  if (cluster.spec.suspend) return 'suspended by the renter';
  const provisioned = conditions.find(({ type }) => type === 'Provisioned');
  if (provisioned?.status !== 'False') return 'it has no placement';
  return `${provisioned.reason}: ${provisioned.message}`;
}
