import {
  type IOAccount,
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
  type IOMember,
  type IOPlacement,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { deviceKey } from '../domain/inventory/types.ts';
import type { LeaseLedger } from '../ports/lease-ledger.ts';
import { StoreUnavailableError } from '../ports/store-errors.ts';
import { silentLogger } from '../runtime/logger.ts';
import { noMetrics } from '../runtime/metrics.ts';
import { priorityClassResource } from '../runtime/priority-class.ts';
import { buildCluster, buildFederation, pricingTerms } from './builders/io-cluster.ts';
import { FakeInformer } from './fake-informer.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryHub } from './memory-hub.ts';
import { noFederationMetrics, noLedgerMetrics } from './no-metrics.ts';
import { EarlierSpend } from '../reconcilers/earlier-spend.ts';
import { FederationState, placementIndexes } from '../reconcilers/federation-state.ts';
import { LeaseBook } from '../reconcilers/lease-book.ts';
import { ioClusterController } from '../reconcilers/io-cluster/index.ts';
import { ClusterMoney } from '../reconcilers/io-cluster/money.ts';
import { clusterIndexes } from '../reconcilers/io-cluster/observe.ts';

/** Who pays, and the cluster. */
export const renter = 'team/main';
/** Two devices for two hours at 2 USD each, with 2.25 % of fees. */
export const hold = 8_180_000n;

/** How one of the calls of a process goes wrong: before or after it took effect. */
export type Fault = Readonly<{
  call: number;
  when: 'before' | 'after';
  kind: 'crash' | 'no answer';
}>;

/** One IOCluster on a hub with a ledger, as processes that come and go find it. */
export class PaidWorld {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 1, 0, 1));
  readonly #ledger: LeaseLedger;
  readonly hub = new MemoryHub(() => new Date(this.clock.now()).toISOString());
  /** Calls of all processes so far, by what they do. */
  readonly calls: string[] = [];
  /** Devices that are gone, so that a later decision is another. */
  lost: readonly string[] = [];
  readonly #faults: readonly Fault[];
  /** The process that runs now; one that is dead does nothing any more. */
  #process = { isDead: false };

  constructor(ledger: LeaseLedger, faults: readonly Fault[] = [], uid = 'uid-train') {
    this.#ledger = ledger;
    this.#faults = faults;
    const { spec } = buildCluster({ accountRef: { name: 'main' } });
    this.hub.put(ioClusterResource, { metadata: { name: 'train', namespace: 'team', uid }, spec });
  }

  /** The renewal of the member that was heard last. */
  heardRenewal: string | undefined;
  #silentMs = 0;
  #members: FakeInformer<IOMember> | undefined;

  /** The member of the lease has not been heard for so long. */
  silence(ms: number): void {
    this.#silentMs = ms;
    const [connected] = berlin.status?.conditions ?? [];
    if (connected === undefined) throw new Error('berlin has no condition');
    const conditions = [{ ...connected, status: 'False' as const }];
    this.#members?.put({ ...berlin, status: { ...berlin.status, conditions } });
  }

  /** Starts a process from what the hub and the ledger have, as after a crash. */
  start(): void {
    this.#process = { isDead: false };
    const { clock, hub } = this;
    hub.disconnect();
    const informers = hub.informers({ clusters: clusterIndexes, placements: placementIndexes });
    const accounts = new FakeInformer<IOAccount>(ioAccountResource);
    accounts.put(account);
    const members = new FakeInformer<IOMember>(ioMemberResource);
    members.put(berlin);
    members.put({ ...berlin, metadata: { name: 'austin' } });
    this.#members = members;
    const state = new FederationState({
      devices: new FakeInformer(ioDeviceResource),
      members: new FakeInformer(ioMemberResource),
      placements: informers.placements,
    });
    fill(state, this.lost);
    const guarded = this.#guarded(this.#ledger);
    const book = new LeaseBook({ ...informers, ledger: guarded, clock });
    const earlier = new EarlierSpend(guarded);
    const metrics = { ...noMetrics, ...noFederationMetrics, ...noLedgerMetrics };
    const terms = pricingTerms;
    const money = new ClusterMoney({ ledger: guarded, book, earlier, terms, metrics, clock });
    const controller = ioClusterController({
      ...informers,
      accounts,
      members,
      devices: new FakeInformer(ioDeviceResource),
      priorityClasses: new FakeInformer(priorityClassResource),
      client: this.#guarded(hub.client),
      state,
      events: { event: () => {} },
      clock,
      now: () => clock.now(),
      concurrency: 4,
      metrics,
      logger: silentLogger,
      money,
      heard: {
        ageMs: (member) => (member === 'berlin' ? this.#silentMs : 0),
        wishes: () => ({ cordoned: false, drainDeadline: undefined }),
        renewTime: () => this.heardRenewal,
      },
    });
    controller.start();
  }

  /** Seconds pass; a process that crashed is started anew. */
  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1_000);
      if (this.#process.isDead) this.start();
    }
  }

  /** The agent sees its placements: new ones run, deleted ones are taken down. */
  agent(): void {
    for (const placement of this.hub.placements()) {
      if (placement.metadata.deletionTimestamp !== undefined) {
        this.hub.removeFinalizers(placement);
      } else if (placement.status === undefined) {
        this.hub.setStatus(ioPlacementResource, ready(placement));
      }
    }
  }

  #guarded<T extends object>(target: T): T {
    const process = this.#process;
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          if (process.isDead) throw new Error('the process is dead');
          const call = this.calls.push(String(name)) - 1;
          const fault = this.#faults.find((each) => each.call === call);
          if (fault?.when === 'before') this.#fail(fault);
          const result: unknown = await Reflect.apply(value, object, args);
          if (fault?.when === 'after') this.#fail(fault);
          return result;
        };
      },
    });
  }

  #fail({ kind }: Fault): never {
    if (kind === 'no answer') throw new StoreUnavailableError('no answer', 1);
    this.#process.isDead = true;
    throw new Error('the process crashed');
  }
}

const account: IOAccount = {
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOAccount',
  metadata: { name: 'main', namespace: 'team' },
  spec: { kind: 'Renter' },
};

const berlin: IOMember = {
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOMember',
  metadata: { name: 'berlin' },
  spec: {
    accepted: true,
    location: { country: 'DE' },
    certifications: [],
    cordoned: false,
    denied: false,
    enrolment: 1,
    offers: [],
  },
  status: {
    conditions: [
      {
        type: 'Connected',
        status: 'True',
        reason: 'HeartbeatsArrive',
        message: 'as it should be',
        lastTransitionTime: '2026-11-24T00:00:00Z',
      },
    ],
  },
};

function fill({ inventory }: FederationState, lost: readonly string[]): void {
  const from = buildFederation();
  for (const { facts } of from.members) {
    inventory.upsertMember(facts);
    for (let index = 0; index < 4; index += 1) {
      const device = from.device(deviceKey(facts.name, `n1-gpu-${index}`));
      if (device !== undefined && !lost.includes(device.name)) inventory.upsertDevice(device);
    }
  }
}

function ready(placement: IOPlacement): IOPlacement {
  const at = placement.metadata.creationTimestamp ?? '';
  const condition = (type: string, reason: string) => ({
    type,
    status: 'True' as const,
    reason,
    message: 'as it should be',
    lastTransitionTime: at,
    observedGeneration: placement.metadata.generation ?? 1,
  });
  return {
    ...placement,
    status: {
      observedGeneration: placement.metadata.generation ?? 1,
      conditions: [
        condition('Accepted', 'Accepted'),
        condition('Applied', 'Applied'),
        condition('Ready', 'Ready'),
      ],
      workers: { desired: 2, ready: 2 },
    },
  };
}
