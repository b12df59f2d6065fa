import {
  type IODevice,
  ioDeviceResource,
  type IOMember,
  labels as ioLabels,
} from '../../../crds/schema/index.ts';
import { modelTable } from '../../domain/devices/model-table.ts';
import type { InventoryProblem, NodeFacts } from '../../domain/devices/node-facts.ts';
import { memberNamespace } from '../../domain/lease.ts';
import type { ApiClient, Manifest } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller } from '../../runtime/controller.ts';
import type { EventRecorder } from '../../runtime/events.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { decide } from './decide.ts';
import type { ResourceSlice } from './dra.ts';
import type { DeviceHealthWatch } from './health.ts';
import type { Node } from './node.ts';
import { sha256 } from '../../runtime/sha256.ts';

const manager = 'compute.io.net/agent-device';

/** Indexes that the informer of IODevices has to have. */
export const deviceIndexes = { node: ({ spec }: IODevice) => [spec.node.name] };

/** Keeps one IODevice on the hub for each GPU or MIG slice of the member's nodes. Keys are nodes. */
export function deviceController(options: {
  member: string;
  hub: ApiClient;
  members: Informer<IOMember>;
  nodes: Informer<Node>;
  devices: Informer<IODevice>;
  /** What the DRA driver publishes; left out: the labels of the nodes tell of devices. */
  resourceSlices?: Informer<ResourceSlice> | undefined;
  /** Ids of a node's GPUs by their number; left out where nobody tells them. */
  uuids?: ((node: string) => ReadonlyMap<number, string>) | undefined;
  /** Left out where nobody looks at it: devices stay as they were said to be. */
  health?: Pick<DeviceHealthWatch, 'of' | 'onChange'> | undefined;
  /** On the member, where its nodes are. */
  events: EventRecorder;
  clock: Clock;
  concurrency: number;
  metrics: RuntimeMetrics;
  logger: Logger;
}): Controller {
  const { hub, member, members, nodes, devices, resourceSlices } = options;
  const namespace = memberNamespace(member);
  const problems = new Problems(options.events);
  const controller = new Controller({
    name: 'agent-device',
    reconcile: async (key, { signal }) => {
      const self = members.cache.get(member);
      if (self === undefined) return;
      const node = nodes.cache.get(key);
      const known = devices.cache.byIndex('node', key);
      const decision = decide({
        member: self,
        node: node === undefined ? undefined : factsOf(node),
        slices: resourceSlices?.cache.byIndex('node', key).map(({ slice }) => slice),
        known,
        uuids: options.uuids?.(key) ?? new Map<number, string>(),
        health: (device) =>
          options.health === undefined ? device.spec.health : options.health.of(device),
        now: new Date(options.clock.now()).toISOString(),
        table: modelTable,
        hash: sha256,
      });
      problems.tell(node, key, decision.problems);
      for (const { name, spec } of decision.apply) {
        const labels = { [ioLabels.member]: member };
        const manifest: Manifest = { metadata: { name, namespace, labels }, spec };
        await hub.apply(ioDeviceResource, manifest, { manager, signal });
      }
      for (const { metadata } of decision.remove) {
        await hub.delete(ioDeviceResource, metadata.name, namespace, {
          uid: metadata.uid,
          signal,
        });
      }
    },
    concurrency: options.concurrency,
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 30 * 60_000,
  })
    .watch(nodes)
    .watch(devices, ({ spec }) => [spec.node.name])
    .watch(members, () => nodes.cache.list().map(({ metadata }) => metadata.name));
  if (resourceSlices !== undefined) {
    controller.watch(resourceSlices, ({ node }) => (node === '' ? [] : [node]));
  }
  options.health?.onChange(({ spec }) => controller.enqueue(spec.node.name));
  return controller;
}

function factsOf({ metadata, ready, schedulable, labels, capacity, allocatable }: Node): NodeFacts {
  const { name, uid = '' } = metadata;
  return { name, uid, ready, schedulable, labels, capacity, allocatable };
}

/** Tells a node's problems when they change, as events of the Node, not at every look. */
class Problems {
  readonly #told = new Map<string, string>();
  readonly #events: EventRecorder;

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  tell(node: Node | undefined, key: string, problems: readonly InventoryProblem[]): void {
    const text = problems.map(({ reason, message }) => `${reason}: ${message}`).join('; ');
    if ((this.#told.get(key) ?? '') === text) return;
    if (text === '') this.#told.delete(key);
    else this.#told.set(key, text);
    if (node === undefined) return;
    for (const { reason, message } of problems) {
      this.#events.event(node, { type: 'Warning', reason, message });
    }
  }
}
