import { type IODevice, ioDeviceResource, ioMemberResource } from '../../../crds/schema/index.ts';
import { eventually } from '../../../operator/testing/eventually.ts';
import type { Manifest } from '../../../operator/runtime/api-client.ts';
import { memberManifest } from '../../federation/operator-install.ts';
import type { World } from '../../federation/world.ts';
import { memberWithNodes } from './members.ts';

const AT_ONCE = 16;
const ADMITTED_WITHIN_MS = 30_000;
const MANAGER = 'compute.io.net/agent-device';

/**
 * Makes `count` more IODevices on the hub, as agents of further members would: those members are
 * registered and accepted, but no cluster of theirs runs. `originals` say what devices look like,
 * and each such member has no more of them.
 */
export async function copyDevices(
  world: World,
  originals: readonly IODevice[],
  count: number,
): Promise<void> {
  for (let done = 0; done < count; done += originals.length) {
    const member = `copy-${done / originals.length + 1}`;
    await admit(world, member);
    await inParallel(originals.slice(0, count - done), (original) => copy(world, original, member));
  }
}

async function admit({ hub }: World, name: string): Promise<void> {
  const { spec } = memberManifest({ ...memberWithNodes(1, 1), name });
  const manifest = { metadata: { name }, spec: { ...spec, accepted: true } };
  await hub.apply(ioMemberResource, manifest, { manager: 'bench' });
  await eventually(
    async () => {
      const member = await hub.get(ioMemberResource, name);
      if (member?.status?.namespace === undefined) throw new Error(`${name} is not taken in`);
    },
    { withinMs: ADMITTED_WITHIN_MS },
  );
}

async function copy({ hub }: World, { metadata, spec }: IODevice, member: string): Promise<void> {
  const node = { ...spec.node, name: `${member}-${spec.node.name}` };
  const manifest: Manifest = {
    metadata: {
      name: `${member}-${metadata.name}`,
      namespace: `io-member-${member}`,
      labels: { 'compute.io.net/member': member },
    },
    spec: { ...spec, member, node },
  };
  await hub.apply(ioDeviceResource, manifest, { manager: MANAGER });
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
