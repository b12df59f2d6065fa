import type { IODevice } from '../../../crds/schema/index.ts';
import {
  type DeviceHealth,
  type DeviceLook,
  faultOf,
  healthAfter,
  isSeen,
} from '../../domain/devices/health.ts';
import { merge } from '../../domain/evidence/fold.ts';
import type { Reading } from '../../domain/evidence/exposition.ts';
import { deviceBook, type DeviceSample, matchReadings } from '../../domain/evidence/match.ts';
import { sameFacts } from '../../domain/same-facts.ts';
import type { Lister } from '../../runtime/cache.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Node } from './node.ts';

/** An exporter of metrics, and the node whose GPUs it tells of. */
type Target = Readonly<{ node: string; url: string }>;

export type DeviceHealthOptions = Readonly<{
  /** Finds the exporters; fails while that cannot be asked. */
  targets: (signal: AbortSignal) => Promise<readonly Target[]>;
  /** Asks an exporter; fails when it does not answer, or not with metrics. */
  read: (url: string, signal: AbortSignal) => Promise<readonly Reading[]>;
  devices: Lister<IODevice>;
  /** Of the devices. */
  namespace: string;
  nodes: Lister<Node>;
  intervalMs: number;
  clock: Clock;
  logger: Logger;
}>;

type Known = {
  /** Of the IODevice: another one under the same name is another device. */
  uid: string;
  health: DeviceHealth | undefined;
  /** Since when nothing was wrong, by the monotonic clock; absent while something is. */
  quietSinceMs?: number | undefined;
  /** Looks in a row at which its exporter told of others and not of it. */
  missed: number;
  pod?: string | undefined;
};

/** So many looks in a row have to miss a GPU. */
const missedLooks = 3;
/** Exporters that are asked at once. */
const maxConcurrent = 8;

/**
 * Looks at the health of all devices every few seconds: by what DCGM exporters say, and by conditions of
 * Nodes. What it finds is written into the IODevice, which is its memory too: after a restart it goes
 * on from there.
 */
export class DeviceHealthWatch {
  readonly #options: DeviceHealthOptions;
  readonly #known = new Map<string, Known>();
  readonly #listeners: ((
    device: IODevice,
    health: DeviceHealth,
    pod: string | undefined,
  ) => void)[] = [];

  constructor(options: DeviceHealthOptions) {
    this.#options = options;
  }

  /** Calls `changed` when the health of a device is another; `pod` has it, where that is told. */
  onChange(
    changed: (device: IODevice, health: DeviceHealth, pod: string | undefined) => void,
  ): void {
    this.#listeners.push(changed);
  }

  /** What is known now; until the first look what the IODevice says. */
  of(device: IODevice): DeviceHealth | undefined {
    const known = this.#known.get(device.metadata.name);
    return known?.uid === device.metadata.uid ? known?.health : device.spec.health;
  }

  /** Whether the device of this name does no work. */
  isBroken(name: string): boolean {
    const { devices, namespace } = this.#options;
    const device = devices.get(`${namespace}/${name}`);
    return device !== undefined && this.of(device)?.state === 'Broken';
  }

  /** Names of the devices that do no work. */
  broken(): readonly string[] {
    return [...this.#known]
      .filter(([, { health }]) => health?.state === 'Broken')
      .map(([name]) => name);
  }

  /** `namespace/name` of the pod that has a device, as far as the exporter tells. */
  podOf(name: string): string | undefined {
    return this.#known.get(name)?.pod;
  }

  /** Until aborted; the informers have to be synced. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, logger } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await this.#look(signal);
      } catch (error) {
        if (!signal.aborted)
          logger.warn(errorFields(error), 'the health of GPUs was not looked at');
      }
      await sleep(clock, Math.max(1, intervalMs - (clock.monotonicMs() - startedMs)), signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { devices, nodes } = this.#options;
    const { heard, samples } = await this.#ask(signal);
    const seen = new Set<string>();
    for (const device of devices.list()) {
      const { name } = device.metadata;
      seen.add(name);
      const node = nodes.get(device.spec.node.name);
      if (node === undefined) continue;
      const sample = samples.get(name);
      const known = this.#knownOf(device);
      known.pod = sample?.pod;
      known.missed = this.#misses(device, sample, heard) ? known.missed + 1 : 0;
      this.#judge(device, known, {
        sample: sample?.sample,
        isMissing: known.missed >= missedLooks,
        nodeFault: node.fault,
        boot: node.boot,
        checked: node.gpusChecked,
      });
    }
    for (const name of this.#known.keys()) if (!seen.has(name)) this.#known.delete(name);
  }

  #knownOf({ metadata, spec }: IODevice): Known {
    const { name, uid = '' } = metadata;
    let known = this.#known.get(name);
    if (known === undefined || known.uid !== uid) {
      known = { uid, health: spec.health, missed: 0 };
      this.#known.set(name, known);
    }
    return known;
  }

  #judge(device: IODevice, known: Known, look: DeviceLook): void {
    const { clock, logger } = this.#options;
    const { health: before } = known;
    const nowMs = clock.monotonicMs();
    if (faultOf(look, before) !== undefined) known.quietSinceMs = undefined;
    else if (isSeen(look, before)) known.quietSinceMs ??= nowMs;
    const quietMs = nowMs - (known.quietSinceMs ?? nowMs);
    const nowIso = new Date(clock.now()).toISOString();
    const health = healthAfter(look, { health: before, quietMs }, nowIso);
    if (health === undefined || sameFacts(before, health)) return;
    known.health = health;
    known.quietSinceMs = undefined;
    const { state, reason, message } = health;
    const fields = { device: device.metadata.name, state, reason };
    if (state === 'Healthy') logger.info(fields, message);
    else logger.error(fields, message);
    for (const changed of this.#listeners) changed(device, health, known.pod);
  }

  /** A GPU whose id is known, of a node whose exporter tells the ids of others and not its. */
  #misses(
    { spec }: IODevice,
    sample: DeviceSample | undefined,
    heard: ReadonlyMap<string, ReadonlySet<string>>,
  ): boolean {
    if (sample !== undefined || spec.kind !== 'GPU' || spec.uuid === undefined) return false;
    const uuids = heard.get(spec.node.name);
    return uuids !== undefined && uuids.size > 0 && !uuids.has(spec.uuid);
  }

  /** The ids of whole GPUs that each node's exporter told, and what it said of each device. */
  async #ask(signal: AbortSignal): Promise<
    Readonly<{
      heard: ReadonlyMap<string, ReadonlySet<string>>;
      samples: ReadonlyMap<string, DeviceSample>;
    }>
  > {
    const { targets, devices, intervalMs } = this.#options;
    const round = AbortSignal.any([signal, AbortSignal.timeout(Math.max(5_000, intervalMs))]);
    const book = deviceBook(devices.list());
    const heard = new Map<string, Set<string>>();
    const samples = new Map<string, DeviceSample>();
    const queue = (await this.#found(targets, round)).values();
    const worker = async (): Promise<void> => {
      for (const { node, url } of queue) {
        const readings = await this.#read({ node, url }, round);
        const uuids = heard.get(node) ?? new Set<string>();
        for (const { uuid } of readings) if (uuid !== undefined) uuids.add(uuid);
        heard.set(node, uuids);
        for (const found of matchReadings(book, node, readings)) {
          const other = samples.get(found.device);
          const sample = merge(other?.sample ?? {}, found.sample);
          samples.set(found.device, { ...other, ...found, sample });
        }
      }
    };
    await Promise.all(Array.from({ length: maxConcurrent }, worker));
    return { heard, samples };
  }

  /** Without exporters the Nodes' conditions are looked at all the same. */
  async #found(
    targets: DeviceHealthOptions['targets'],
    signal: AbortSignal,
  ): Promise<readonly Target[]> {
    try {
      return await targets(signal);
    } catch (error) {
      this.#options.logger.debug(errorFields(error), 'exporters of metrics could not be found');
      return [];
    }
  }

  async #read({ node, url }: Target, signal: AbortSignal): Promise<readonly Reading[]> {
    try {
      return await this.#options.read(url, signal);
    } catch (error) {
      const fields = { node, url, ...errorFields(error) };
      this.#options.logger.debug(fields, 'an exporter did not tell its metrics');
      return [];
    }
  }
}
