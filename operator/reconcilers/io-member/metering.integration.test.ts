import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ioDeviceResource,
  type IOMember,
  ioMemberResource,
  ioPlacementResource,
} from '../../../crds/schema/index.ts';
import { heartbeat } from '../../agent/heartbeat.ts';
import { memberNamespace } from '../../domain/lease.ts';
import type { MeteringState } from '../../domain/member/heartbeat.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { EventRecorder } from '../../runtime/events.ts';
import { Informer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { Manager } from '../../runtime/manager.ts';
import { noMetrics } from '../../runtime/metrics.ts';
import type { Resource } from '../../runtime/resource.ts';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { FederationState } from '../federation-state.ts';
import { heartbeatResource, Heartbeats } from '../heartbeats.ts';
import { ioMemberController, memberClusterIndex } from './index.ts';

const member = 'metering-1';
const namespace = memberNamespace(member);
const cluster = testCluster();
const admin = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
/** As the hub gives it rights, and no more. */
const agent = new ApiClient({
  kubeConfig: cluster.kubeConfigFor(`compute.io.net:member:${member}:1`),
  userAgent: 'test',
});
const stop = new AbortController();
let ended: Promise<unknown>;
let state: MeteringState | undefined = 'Recording';
let versions: Readonly<Record<string, string>> = { kubernetes: 'v1.37.2' };

beforeAll(async () => {
  const location = { country: 'DE' };
  const offers = [{ model: 'L4', onDemandMicroUsdPerHour: 500_000 }];
  const manifest = {
    metadata: { name: member },
    spec: { accepted: true, location, offers, accountRef: { name: 'x', namespace: 'y' } },
  };
  await admin.apply(ioMemberResource, manifest, { manager: 'test' });
  const quiet = { metrics: noMetrics, logger: silentLogger };
  const common = { client: admin, ...quiet };
  const members = new Informer({
    ...{ ...common, resource: ioMemberResource },
    fieldSelector: `metadata.name=${member}`,
    indexes: memberClusterIndex,
  });
  const devices = new Informer({ ...common, resource: ioDeviceResource, namespace });
  const placements = new Informer({ ...common, resource: ioPlacementResource, namespace });
  const events = new EventRecorder({ client: admin, component: 'compute.io.net/hub' });
  const clock = systemClock;
  const hub = new Manager({ logger: silentLogger, clock, events: [events], closers: [admin] });
  const heartbeats = new Informer({ ...common, resource: heartbeatResource, namespace });
  const federation = new FederationState({ members, devices, placements });
  hub
    .addController(
      ioMemberController({
        ...{ ...common, members, heartbeats, placements, state: federation, events, clock },
        heard: new Heartbeats(heartbeats, clock),
        memberLostMs: 40_000,
      }),
    )
    .addInformer(devices);
  const beats = heartbeat({
    ...{ hub: agent, member, clock, logger: silentLogger },
    intervalMs: 50,
    versions: async () => versions,
    metering: () => state,
    wishes: () => ({ cordoned: false, drainDeadline: undefined }),
    clusterUid: async () => undefined,
    acknowledged: () => undefined,
  });
  ended = hub.addRunnable(beats).start(stop.signal);
});
afterAll(async () => {
  await admin.delete(ioMemberResource, member, undefined, {});
  stop.abort();
  await ended;
  await agent.close();
});

async function conditions(): Promise<Readonly<Record<string, string>>> {
  const { status } = (await admin.get(ioMemberResource, member)) as IOMember;
  const all = status?.conditions ?? [];
  return Object.fromEntries(all.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
}

type Event = KubeObject & { reason?: string; type?: string; regarding?: { name?: string } };
const eventResource: Resource<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

test('a member whose spool is full says so by a condition and an event, and takes nothing new', async () => {
  await eventually(async () => {
    const expected = { Metering: 'True Recording', Schedulable: 'True Schedulable' };
    expect(await conditions()).toMatchObject(expected);
  });
  state = 'SpoolFull';
  await eventually(async () => {
    const expected = { Metering: 'False SpoolFull', Schedulable: 'False NotMetering' };
    expect(await conditions()).toMatchObject(expected);
  });
  await eventually(async () => {
    const { items } = await admin.list(eventResource, {});
    const own = items.filter(({ regarding }) => regarding?.name === member);
    expect(own.map(({ type, reason }) => `${type} ${reason}`)).toContain('Warning SpoolFull');
  });
  state = 'Recording';
  await eventually(async () => {
    const expected = { Metering: 'True Recording', Schedulable: 'True Schedulable' };
    expect(await conditions()).toMatchObject(expected);
  });
});

test('a member of which no versions are known any more is written all the same', async () => {
  const known = async () => ((await admin.get(ioMemberResource, member)) as IOMember).status;
  await eventually(async () => {
    expect((await known())?.versions).toEqual({ kubernetes: 'v1.37.2' });
  });
  versions = {};
  state = 'SpoolFull';
  await eventually(async () => {
    expect(await conditions()).toMatchObject({ Metering: 'False SpoolFull' });
    expect((await known())?.versions).toBeUndefined();
  });
});
