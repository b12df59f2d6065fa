import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  ioAccountResource,
  ioClusterResource,
  ioDeviceResource,
  ioMemberResource,
  ioPlacementResource,
  ioSlashCaseResource,
} from '../../crds/schema/index.ts';
import { inventoryVerifier } from '../adapters/inventory/inventory-verifier.ts';
import type { HubConfig } from '../config.ts';
import { heartbeatLabel } from '../domain/member/heartbeat.ts';
import { clusterProfileController } from '../reconcilers/cluster-profile/index.ts';
import { FederationState, placementIndexes } from '../reconcilers/federation-state.ts';
import { federationReport } from '../reconcilers/federation-report.ts';
import { ioAccountController } from '../reconcilers/io-account/index.ts';
import { ioClusterController } from '../reconcilers/io-cluster/index.ts';
import { clusterIndexes } from '../reconcilers/io-cluster/observe.ts';
import { ioDeviceController, deviceIndexes } from '../reconcilers/io-device/index.ts';
import { deviceStakeIndexes } from '../reconcilers/io-device/stake.ts';
import { heartbeatResource, Heartbeats } from '../reconcilers/heartbeats.ts';
import { ioMemberController, memberClusterIndex } from '../reconcilers/io-member/index.ts';
import { ioPlacementController } from '../reconcilers/io-placement/index.ts';
import { slashCaseIndexes } from '../reconcilers/io-slash-case/index.ts';
import { accountOfMember } from '../reconcilers/stake-owner.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { EventRecorder } from '../runtime/events.ts';
import { Informer } from '../runtime/informer.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import { LeaderElector } from '../runtime/leader-elector.ts';
import { LeadershipLostError, Manager } from '../runtime/manager.ts';
import { priorityClassResource } from '../runtime/priority-class.ts';
import type { Resource } from '../runtime/resource.ts';
import { openJoining } from './hub-join.ts';
import { type HubMoney, openMoney } from './hub-money.ts';
import type { HubSettlement, SettlementShared } from './hub-settlement.ts';
import { clientFor, type Foundation, foundation, healthServer } from './process.ts';

/**
 * Runs the hub until the signal is aborted. When leadership is lost, as it is while the API server
 * is away, nothing of that term goes on: the hub begins anew, from empty caches, as a candidate.
 */
export async function runHub(config: HubConfig, signal: AbortSignal): Promise<void> {
  const base = foundation(config);
  while (!signal.aborted) {
    try {
      await runTerm(config, base, signal);
    } catch (error) {
      if (!(error instanceof LeadershipLostError)) throw error;
      base.logger.warn({ reason: error.message }, 'the hub begins anew');
    }
  }
}

async function runTerm(config: HubConfig, base: Foundation, signal: AbortSignal): Promise<void> {
  const { logger, metrics } = base;
  const client = clientFor(config.kubeconfig, 'hub', base);
  const clock = systemClock;
  const identity = config.identity ?? `${hostname()}-${randomUUID()}`;
  const events = new EventRecorder({
    client,
    component: 'compute.io.net/hub',
    instance: identity,
    clock,
    metrics,
    logger,
  });
  const informers = hubInformers(client, base, config['solana-rpc-url'] !== undefined);
  const state = new FederationState(informers);
  const heard = new Heartbeats(informers.heartbeats, clock);
  const shared = { client, state, heard, events, clock, metrics, logger, ...informers };
  const money = openMoney(config, shared);
  const settlement = await settlementOf(config, shared);
  const health = healthServer(() => manager, base);
  const manager = new Manager({
    logger,
    clock,
    shutdownTimeoutMs: config['shutdown-timeout-seconds'] * 1000,
    events: [events],
    closers: [client, health, ...[money, settlement].filter((each) => each !== undefined)],
    ...(config['leader-election'] ? { elector: elector(config, identity, client, base) } : {}),
  });
  const { concurrency } = config;
  const ioClusters = ioClusterController({
    ...shared,
    concurrency,
    now: () => clock.now(),
    money: money?.clusters,
    gatewayUrl: config['gateway-url'],
  });
  const ioAccounts = ioAccountController({
    ...shared,
    balances: money?.balances,
    drift: settlement?.drift,
    wallet: settlement?.wallet,
    deposit: settlement?.deposit,
  });
  manager
    .addController(
      ioDeviceController({
        ...shared,
        concurrency,
        verifier: inventoryVerifier,
        staking: settlement?.stakes.staking,
      }),
    )
    .addController(ioClusters)
    .addController(ioPlacementController(shared))
    .addController(ioAccounts)
    .addRunnable(federationReport(shared));
  addMembers(manager, config, shared, money);
  addCases(manager, informers, money, settlement);
  for (const runnable of [
    ...(money?.runnables((key) => ioClusters.enqueue(key)) ?? []),
    ...(settlement?.runnables((key) => ioAccounts.enqueue(key)) ?? []),
  ]) {
    manager.addRunnable(runnable);
  }
  const port = await health.listen(config['metrics-address']);
  logger.info({ port, identity }, 'hub starts');
  await manager.start(signal);
}

/** What is done about cases; views are made of them too, also where nothing is staked. */
function addCases(
  manager: Manager,
  { slashCases }: Pick<ReturnType<typeof hubInformers>, 'slashCases'>,
  money: HubMoney | undefined,
  settlement: HubSettlement | undefined,
): void {
  if (settlement !== undefined) manager.addController(settlement.stakes.cases);
  if (money !== undefined) manager.addInformer(slashCases);
}

type MemberShared = Omit<Parameters<typeof ioMemberController>[0], 'memberLostMs'>;

/** Of IOMembers, and of how their agents get certificates. */
function addMembers(
  manager: Manager,
  config: HubConfig,
  shared: MemberShared,
  money: HubMoney | undefined,
): void {
  const joining = openJoining(config, shared);
  const members = ioMemberController({
    ...shared,
    joins: joining.book,
    memberLedger: money?.members,
    memberLostMs: config['member-lost-seconds'] * 1000,
  });
  manager.addController(joining.toldTo(members)).addController(joining.controller);
  const namespace = config['cluster-profile-namespace'];
  if (namespace === undefined) return;
  manager.addController(clusterProfileController({ ...shared, namespace }));
}

function elector(
  config: HubConfig,
  identity: string,
  client: ApiClient,
  { logger, metrics }: Foundation,
): LeaderElector {
  const leaseDurationMs = config['leader-election-lease-seconds'] * 1000;
  return new LeaderElector({
    leaseDurationMs,
    renewDeadlineMs: Math.round((leaseDurationMs * 2) / 3),
    retryPeriodMs: Math.round((leaseDurationMs * 2) / 15),
    client,
    namespace: config['leader-election-namespace'],
    name: 'io-operator-hub',
    identity,
    logger,
    metrics,
  });
}

function hubInformers(client: ApiClient, { metrics, logger }: Foundation, withStakes: boolean) {
  const informer = <T extends KubeObject>(
    resource: Resource<T>,
    options: { indexes?: Record<string, (object: T) => readonly string[]>; labels?: string } = {},
  ): Informer<T> =>
    new Informer({
      client,
      resource,
      metrics,
      logger,
      ...(options.indexes === undefined ? {} : { indexes: options.indexes }),
      ...(options.labels === undefined ? {} : { labelSelector: options.labels }),
    });
  return {
    clusters: informer(ioClusterResource, { indexes: clusterIndexes }),
    devices: informer(ioDeviceResource, {
      indexes: { ...deviceIndexes, ...(withStakes ? deviceStakeIndexes : {}) },
    }),
    members: informer(ioMemberResource, {
      indexes: { account: accountOfMember, ...memberClusterIndex },
    }),
    placements: informer(ioPlacementResource, { indexes: placementIndexes }),
    accounts: informer(ioAccountResource),
    slashCases: informer(ioSlashCaseResource, { indexes: slashCaseIndexes }),
    priorityClasses: informer(priorityClassResource),
    heartbeats: informer(heartbeatResource, {
      labels: `${heartbeatLabel}=true`,
    }),
  };
}

/** Loaded only where there is a chain: web3.js alone takes tens of megabytes. */
async function settlementOf(
  config: HubConfig,
  shared: SettlementShared,
): Promise<HubSettlement | undefined> {
  if (config['solana-rpc-url'] === undefined && !config['require-stake']) return undefined;
  const { openSettlement } = await import('./hub-settlement.ts');
  return openSettlement(config, shared);
}
