import { z } from 'zod';
import type {
  AccountView,
  CaseView,
  ClusterView,
  DeviceView,
  MemberView,
} from '../../../operator/domain/views/types.ts';
import type { DeviceCounts } from '../../../operator/ports/views.ts';
import { asset, condition, count, decimal, instant, type ShapeOf } from './common.ts';

/** What owners see of what is theirs: the views of operator/domain/views/types.ts, field by field. */

const wholeNumber = z.number().int();
/** Views are not changed on their way out. */
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const conditions = listOf(condition);

type Payment = NonNullable<ClusterView['payment']>;
/** What an account pays for a cluster. */
export const payment = z.object({
  asset,
  perHour: decimal,
  hold: decimal,
} satisfies ShapeOf<Payment>);

type Refusal = ClusterView['refusals'][number];
/** A reason why devices do not fit, and how often it applies. */
export const refusal = z.object({
  reason: z.string(),
  members: count,
  devices: count,
} satisfies ShapeOf<Refusal>);

type Group = ClusterView['workerGroups'][number];
const workerGroup = z.object({
  name: z.string(),
  replicas: count,
  minReplicas: count.optional(),
  maxReplicas: count.optional(),
  devicesPerWorker: count,
  models: listOf(z.string()),
} satisfies ShapeOf<Group>);

type Spend = NonNullable<ClusterView['spend']>;
type Lease = NonNullable<ClusterView['lease']>;
type Workers = NonNullable<ClusterView['workers']>;

export const clusterView = z
  .object({
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    account: z.string().optional(),
    createdAt: instant,
    resourceVersion: z.string(),
    phase: z.enum([
      'Quoted',
      'Suspended',
      'Waiting',
      'Starting',
      'Running',
      'Ending',
      'Ended',
      'Refused',
    ]),
    conditions,
    rayVersion: z.string(),
    image: z.string().optional(),
    stack: z.string().optional(),
    capacity: z.enum(['OnDemand', 'Spot']),
    suspended: z.boolean(),
    workerGroups: listOf(workerGroup),
    devices: count.optional(),
    priceMicroUsdPerHour: count.optional(),
    payment: payment.optional(),
    spend: z
      .object({
        asset,
        settled: decimal,
        held: decimal,
        unsettled: decimal,
        time: instant,
      } satisfies ShapeOf<Spend>)
      .optional(),
    lease: z
      .object({
        id: z.string(),
        member: z.string(),
        country: z.string().optional(),
        startTime: instant,
        devices: count,
      } satisfies ShapeOf<Lease>)
      .optional(),
    workers: z.object({ desired: count, ready: count } satisfies ShapeOf<Workers>).optional(),
    endpoint: z.string().optional(),
    refusals: listOf(refusal),
    queuePosition: count.optional(),
  } satisfies ShapeOf<ClusterView>)
  .meta({ id: 'ClusterView' });

type Health = NonNullable<DeviceView['health']>;
type DeviceLease = NonNullable<DeviceView['lease']>;
type Stake = NonNullable<DeviceView['stake']>;

export const deviceView = z
  .object({
    member: z.string(),
    name: z.string(),
    account: z.string().optional(),
    uuid: z.string().optional(),
    node: z.string(),
    index: wholeNumber,
    product: z.string(),
    model: z.string().optional(),
    migProfile: z.string().optional(),
    memoryMiB: count,
    driverVersion: z.string().optional(),
    conditions,
    blockedBy: z.enum(['Identified', 'Verified', 'Staked', 'Healthy', 'Offered']).optional(),
    onDemandMicroUsdPerHour: count.optional(),
    spotMicroUsdPerHour: count.optional(),
    health: z
      .object({
        state: z.string(),
        reason: z.string(),
        message: z.string(),
        since: instant,
      } satisfies ShapeOf<Health>)
      .optional(),
    lease: z.object({ id: z.string(), since: instant } satisfies ShapeOf<DeviceLease>).optional(),
    stake: z
      .object({
        amount: decimal,
        required: decimal,
        escrowed: decimal,
        unlockTime: instant.optional(),
        address: z.string().optional(),
      } satisfies ShapeOf<Stake>)
      .optional(),
  } satisfies ShapeOf<DeviceView>)
  .meta({ id: 'DeviceView' });

export const deviceCounts = z
  .object({
    total: count,
    free: count,
    leased: count,
    blocked: count,
    broken: count,
  } satisfies ShapeOf<DeviceCounts>)
  .meta({ id: 'DeviceCounts' });

type Capacity = MemberView['capacity'][number];

export const memberView = z
  .object({
    name: z.string(),
    displayName: z.string().optional(),
    account: z.string().optional(),
    accepted: z.boolean(),
    denied: z.boolean(),
    cordoned: z.boolean(),
    drainDeadline: instant.optional(),
    country: z.string(),
    region: z.string().optional(),
    city: z.string().optional(),
    certifications: listOf(z.string()),
    conditions,
    createdAt: instant,
    devices: z.object({
      total: count,
      free: count,
      leased: count,
      broken: count,
    } satisfies ShapeOf<MemberView['devices']>),
    capacity: listOf(
      z.object({
        model: z.string(),
        devices: count,
        verified: count,
        leased: count,
        free: count,
        onDemandMicroUsdPerHour: count.optional(),
        spotMicroUsdPerHour: count.optional(),
      } satisfies ShapeOf<Capacity>),
    ),
    versions: z.object({
      kubernetes: z.string().optional(),
      kuberay: z.string().optional(),
      agent: z.string().optional(),
    } satisfies ShapeOf<MemberView['versions']>),
  } satisfies ShapeOf<MemberView>)
  .meta({ id: 'MemberView' });

type Appeal = NonNullable<CaseView['appeal']>;
type Outcome = NonNullable<CaseView['outcome']>;

export const caseView = z
  .object({
    member: z.string(),
    name: z.string(),
    account: z.string().optional(),
    device: z.string(),
    reason: z.string(),
    evidenceSha256: z.string(),
    evidenceUrl: z.string().optional(),
    amount: decimal,
    conditions,
    createdAt: instant,
    chainAddress: z.string().optional(),
    owner: z.string().optional(),
    openedAt: instant.optional(),
    appealDeadline: instant.optional(),
    appeal: z
      .object({ time: instant, statement: z.string().optional() } satisfies ShapeOf<Appeal>)
      .optional(),
    outcome: z
      .object({
        decision: z.string(),
        time: instant,
        statement: z.string().optional(),
      } satisfies ShapeOf<Outcome>)
      .optional(),
  } satisfies ShapeOf<CaseView>)
  .meta({ id: 'CaseView' });

type AccountBalance = AccountView['balances'][number];
type Deposit = NonNullable<AccountView['deposit']>;
type DepositAccount = Deposit['accounts'][number];

export const accountView = z
  .object({
    namespace: z.string(),
    name: z.string(),
    kind: z.enum(['Renter', 'Supplier', 'Both']),
    displayName: z.string().optional(),
    wallet: z.string().optional(),
    walletProved: z.boolean(),
    createdAt: instant,
    devicesInUse: count,
    maxDevices: count.optional(),
    balances: listOf(
      z.object({
        asset,
        available: decimal,
        held: decimal,
        earned: decimal,
      } satisfies ShapeOf<AccountBalance>),
    ),
    deposit: z
      .object({
        reference: z.string(),
        accounts: listOf(
          z.object({ asset, address: z.string() } satisfies ShapeOf<DepositAccount>),
        ),
      } satisfies ShapeOf<Deposit>)
      .optional(),
  } satisfies ShapeOf<AccountView>)
  .meta({ id: 'AccountView' });
