import { randomBytes } from 'node:crypto';
import { expectSuccess, KubeApi } from '../../federation/kube-api.ts';
import type { World } from '../../federation/world.ts';
import { models } from './members.ts';
import { type Sample, takeSample, type Write } from './raw-sample.ts';
import { type Accepted, applyClusters } from './renters.ts';

/** Requests at once to each API server, each on a connection of its own. */
export const rawConcurrency = 32;

/** What the loop needs to know of a federation before the product is stopped. */
export type RawPlan = {
  readonly samples: readonly Sample[];
  readonly devices: ReadonlyMap<string, readonly Device[]>;
};

type Device = { readonly name: string; readonly uid: string };

/** Takes a real placement of each model for a pattern; `clusters` are the first ones of a series. */
export async function planRaw(world: World, clusters: readonly Accepted[]): Promise<RawPlan> {
  const samples = await Promise.all(
    clusters.slice(0, models.length).map((cluster) => takeSample(world, cluster)),
  );
  const devices = new Map<string, Device[]>();
  for (const { spec, metadata } of await world.devices()) {
    const ofMember = devices.get(spec.member) ?? [];
    ofMember.push({ name: metadata.name, uid: metadata.uid ?? '' });
    devices.set(spec.member, ofMember);
  }
  return { samples, devices };
}

/**
 * The writes of `count` placements with no logic between them, a bounded number at once: what the
 * API servers of this machine can take from one writer. The bodies are those of real placements,
 * the objects are fresh. Returns the seconds until the last RayCluster was on its member.
 */
export async function measureRaw(
  { federation }: World,
  { samples, devices }: RawPlan,
  count: number,
): Promise<number> {
  const hub = new KubeApi(federation.hub.adminKubeconfigPath, rawConcurrency);
  const members = new Map(
    federation.members.map(({ profile, controlPlane }) => [
      profile.name,
      new KubeApi(controlPlane.adminKubeconfigPath, rawConcurrency),
    ]),
  );
  try {
    const clusters = await applyClusters(hub, 'raw', count);
    const startedMs = performance.now();
    let lastRayClusterMs = startedMs;
    const placeOne = async (index: number): Promise<void> => {
      const sample = samples[index % samples.length] as Sample;
      const ofMember = devices.get(sample.member) ?? [];
      const device = ofMember[Math.floor(index / samples.length) % ofMember.length] as Device;
      for (const write of writesFor(sample, clusters[index] as Accepted, device)) {
        await send(write.to === 'hub' ? hub : (members.get(sample.member) as KubeApi), write);
        if (write.to === 'member') lastRayClusterMs = performance.now();
      }
    };
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) await placeOne(index);
    };
    await Promise.all(Array.from({ length: rawConcurrency }, worker));
    return (lastRayClusterMs - startedMs) / 1000;
  } finally {
    await Promise.all([hub, ...members.values()].map((api) => api.close()));
  }
}

/** The writes of a sample, with everything that names it replaced. */
function writesFor(sample: Sample, cluster: Accepted, device: Device): readonly Write[] {
  const text = JSON.stringify(sample.writes)
    .replaceAll(sample.leaseId, `lease-${randomBytes(8).toString('hex')}`)
    .replaceAll(sample.cluster.uid, cluster.uid)
    .replaceAll(sample.cluster.name, cluster.name)
    .replaceAll(sample.cluster.namespace, cluster.namespace)
    .replaceAll(sample.device.uid, device.uid)
    .replaceAll(sample.device.name, device.name);
  return JSON.parse(text) as readonly Write[];
}

async function send(api: KubeApi, { method, path, body, contentType }: Write): Promise<void> {
  expectSuccess(await api.send(method, path, body, contentType), `${method} ${path}`);
}
