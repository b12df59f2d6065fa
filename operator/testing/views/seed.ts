import type { IODevice } from '../../../crds/schema/index.ts';
import type { ViewRow, ViewWriter } from '../../ports/view-writer.ts';
import { viewSources } from '../../reconcilers/views/sources.ts';
import { viewInformers } from './informers.ts';
import {
  freeConditions,
  viewAccount,
  viewCase,
  viewCluster,
  viewDevice,
  viewMember,
} from './objects.ts';

/** How large a federation is. */
export type SeedSize = Readonly<{
  members: number;
  devicesPerMember: number;
  /** In ten namespaces `team-0` to `team-9`. */
  clusters: number;
  /** Suppliers `suppliers/supplier-<n>`, of whom each has the members with the same remainder. */
  suppliers: number;
}>;

const countries = ['DE', 'NL', 'US', 'CA', 'SG', 'JP', 'BR', 'ZA', 'AU', 'FR'];
const models = ['H100-80GB-HBM3', 'L40S', 'A100-SXM4-80GB', 'B200'];

/** Name of the nth member and of a device of it, so that who measures can ask for one. */
export const seededMember = (at: number): string => `member-${String(at).padStart(4, '0')}`;
export const seededDevice = (member: number, at: number): string =>
  `${seededMember(member)}-node-${String(Math.floor(at / 8)).padStart(4, '0')}-gpu-${at % 8}`;

/** The nth device of a member: one in eight is hired, one in 50 blocked, one in 500 broken. */
export function seededDeviceObject(member: number, at: number): IODevice {
  const model = models[(member + Math.floor(at / 64)) % models.length] ?? 'L40S';
  const name = seededDevice(member, at);
  const number = member * 7 + at;
  const isBroken = number % 500 === 3;
  const isLeased = number % 8 === 1;
  const isBlocked = number % 50 === 2;
  const lease = `lease-${String(member).padStart(8, '0')}${String(at >> 4).padStart(8, '0')}`;
  return viewDevice(name, {
    member: seededMember(member),
    spec: {
      product: `NVIDIA-${model}`,
      index: at % 8,
      node: { ...viewDevice(name).spec.node, name: name.replace(/-gpu-\d$/, '') },
      ...(isBroken ? { health: brokenHealth } : {}),
    },
    conditions: {
      ...freeConditions,
      ...(isBlocked ? { Healthy: 'False NodeNotReady', Offered: 'False NotHealthy' } : {}),
      ...(isLeased ? { Leased: 'True Leased' } : {}),
    },
    status: {
      model,
      ...(isLeased
        ? { lease: { id: lease, placement: lease, since: '2026-11-24T09:00:00Z' } }
        : {}),
    },
  });
}

const brokenHealth = {
  state: 'Broken',
  reason: 'XidError',
  message: 'XID 79: the GPU has fallen off the bus.',
  since: '2026-11-24T10:00:00Z',
} as const;

/** Rows of a whole federation, in batches, as the hub makes them. */
export function* seededRows(size: SeedSize, batch = 1_000): Generator<readonly ViewRow[]> {
  const informers = feedOf(size);
  const { devices } = informers;
  const sources = viewSources(informers);
  let rows: ViewRow[] = [];
  for (const source of sources.filter(({ kind }) => kind !== 'device')) {
    for (const key of source.keys()) {
      const row = source.row(key);
      if (row !== undefined) rows.push(row);
      if (rows.length < batch) continue;
      yield rows;
      rows = [];
    }
  }
  const source = sources.find(({ kind }) => kind === 'device');
  for (let member = 0; member < size.members; member += 1) {
    for (let at = 0; at < size.devicesPerMember; at += 1) {
      const device = seededDeviceObject(member, at);
      devices.put(device);
      const row = source?.row(`${device.metadata.namespace}/${device.metadata.name}`);
      devices.drop(device);
      if (row !== undefined) rows.push(row);
      if (rows.length < batch) continue;
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}

function feedOf({ members, clusters, suppliers }: SeedSize) {
  const informers = viewInformers();
  for (let at = 0; at < suppliers; at += 1) {
    const spec = { kind: 'Supplier' as const };
    informers.accounts.put(viewAccount(`supplier-${at}`, { namespace: 'suppliers', spec }));
  }
  for (let at = 0; at < members; at += 1) {
    const accountRef = { namespace: 'suppliers', name: `supplier-${at % suppliers}` };
    const location = { country: countries[at % countries.length] ?? 'DE' };
    const offers = models.map((model, more) => ({
      model,
      onDemandMicroUsdPerHour: 1_000_000 + 500_000 * more + 10_000 * (at % 20),
    }));
    informers.members.put(viewMember(seededMember(at), { spec: { accountRef, location, offers } }));
    if (at % 10 === 0) informers.slashCases.put(viewCase('case-1', { member: seededMember(at) }));
  }
  for (let at = 0; at < clusters; at += 1) {
    const namespace = `team-${at % 10}`;
    const name = `cluster-${String(at).padStart(6, '0')}`;
    const runs = { Valid: 'True Accepted', Placed: 'True Placed', Ready: 'True Ready' };
    informers.clusters.put(
      viewCluster(name, { namespace, ...(at % 5 === 0 ? {} : { conditions: runs }) }),
    );
  }
  return informers;
}

/** Writes a whole federation as the hub that took over does. Returns the number of rows. */
export async function seedViews(
  writer: ViewWriter,
  size: SeedSize,
  wrote: (rows: number) => void = () => {},
): Promise<number> {
  const term = await writer.takeOver();
  let written = 0;
  for (const rows of seededRows(size)) {
    await writer.write(term, { rows, gone: [] });
    written += rows.length;
    wrote(written);
  }
  return written;
}
