import {
  ioDeviceResource,
  ioMemberResource,
  ioPlacementResource,
} from '../../crds/schema/index.ts';
import { memberNamespace } from '../domain/lease.ts';
import {
  clusterUidAnnotation,
  heartbeatLabel,
  heartbeatLeaseName,
} from '../domain/member/heartbeat.ts';
import type { MemberLedger } from '../ports/member-ledger.ts';
import { FederationState } from '../reconcilers/federation-state.ts';
import { heartbeatResource, Heartbeats } from '../reconcilers/heartbeats.ts';
import { ioMemberController, memberClusterIndex } from '../reconcilers/io-member/index.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { type Clock, microTime, sleep, systemClock } from '../runtime/clock.ts';
import { EventRecorder } from '../runtime/events.ts';
import { Informer } from '../runtime/informer.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Manager } from '../runtime/manager.ts';
import { noMetrics } from '../runtime/metrics.ts';
import type { PrivateCluster } from './api-server/test-cluster.ts';

/** Real wall time, and waiting times that pass so many times faster. */
const fasterClock = (times: number): Clock => ({
  now: () => systemClock.now(),
  monotonicMs: () => systemClock.monotonicMs() * times,
  setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / times),
});

/**
 * The hub's controller of members on a real API server, with the hub's own rights. For it time passes
 * 20 times faster: a member that is silent for 2 s is lost. Returns how to stop it.
 */
export function startMemberHub(cluster: PrivateCluster, memberLedger: MemberLedger) {
  const clock = fasterClock(20);
  const client = new ApiClient({
    kubeConfig: cluster.kubeConfigFor('compute.io.net:hub'),
    userAgent: 'test',
  });
  const base = {
    client,
    clock,
    metrics: noMetrics,
    logger: silentLogger,
  };
  const members = new Informer({
    ...{ ...base, clock: systemClock },
    ...{ resource: ioMemberResource, indexes: memberClusterIndex },
  });
  const real = { ...base, clock: systemClock };
  const devices = new Informer({ ...real, resource: ioDeviceResource });
  const placements = new Informer({ ...real, resource: ioPlacementResource });
  const heartbeats = new Informer({ ...real, resource: heartbeatResource });
  const events = new EventRecorder({ client, component: 'compute.io.net/hub' });
  const state = new FederationState({ members, devices, placements });
  const heard = new Heartbeats(heartbeats, clock);
  const stop = new AbortController();
  const ended = new Manager({
    ...{ logger: silentLogger, clock: systemClock, events: [events], closers: [client] },
  })
    .addController(
      ioMemberController({
        ...{ ...base, members, heartbeats, heard, placements, state, events, memberLedger },
        memberLostMs: 40_000,
      }),
    )
    .addInformer(devices)
    .start(stop.signal);
  return async (): Promise<void> => {
    stop.abort();
    await ended;
  };
}

export type TestAgent = Readonly<{
  /** Its last attempt to reach the hub: `heard`, or the reason of the refusal. */
  last: () => string | undefined;
  client: ApiClient;
  stop: () => Promise<void>;
}>;

/** What an agent does for its heartbeat, from a cluster with the given uid. */
export function startAgent(
  cluster: PrivateCluster,
  member: string,
  { enrolment = 1, clusterUid = `uid-of-${member}` } = {},
): TestAgent {
  const client = new ApiClient({
    kubeConfig: cluster.kubeConfigFor(`compute.io.net:member:${member}:${enrolment}`),
    userAgent: 'test',
  });
  const metadata = {
    ...{ name: heartbeatLeaseName, namespace: memberNamespace(member) },
    labels: { [heartbeatLabel]: 'true' },
    annotations: { [clusterUidAnnotation]: clusterUid },
  };
  const stop = new AbortController();
  let last: string | undefined;
  const beat = async (): Promise<void> => {
    const spec = { renewTime: microTime(systemClock.now()), holderIdentity: member };
    const options = { manager: 'agent', signal: stop.signal };
    await client.apply(heartbeatResource, { metadata, spec }, options);
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await beat();
        last = 'heard';
      } catch (error) {
        last = error instanceof Error && 'reason' in error ? String(error.reason) : String(error);
      }
      await sleep(systemClock, 100, stop.signal);
    }
  };
  const ended = run();
  return {
    last: () => last,
    client,
    stop: async () => {
      stop.abort();
      await ended;
      await client.close();
    },
  };
}
