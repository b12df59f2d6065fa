import { createViewWriter } from '../../operator/adapters/postgres/views/writer.ts';
import type { Database } from '../../operator/adapters/postgres/database.ts';
import type { NetworkSums } from '../../operator/domain/views/network.ts';
import { viewSources } from '../../operator/reconcilers/views/sources.ts';
import { viewInformers } from '../../operator/testing/views/informers.ts';
import {
  viewAccount,
  viewCase,
  viewCluster,
  viewDevice,
  viewMember,
} from '../../operator/testing/views/objects.ts';

/** What a small world has, by the names that a test gives. */
export type SeededNames = Readonly<{
  namespace: string;
  cluster: string;
  account: string;
  member: string;
  device: string;
  slashCase: string;
  /** `spec.wallet` of the account. */
  wallet: string;
}>;

/** Writes one object of each kind as the hub does, and sums that also hold what nobody may see. */
export async function seedSmallWorld(database: Database, names: SeededNames): Promise<void> {
  const { namespace, member, wallet } = names;
  const informers = viewInformers();
  const accountRef = { namespace, name: names.account };
  informers.accounts.put(viewAccount(names.account, { namespace, spec: { kind: 'Both', wallet } }));
  informers.members.put(viewMember(member, { spec: { accountRef } }));
  informers.clusters.put(viewCluster(names.cluster, { namespace }));
  informers.slashCases.put(viewCase(names.slashCase, { member }));
  informers.devices.put(viewDevice(names.device, { member }));
  const writer = createViewWriter(database);
  const term = await writer.takeOver();
  const rows = viewSources(informers).flatMap((source) =>
    [...source.keys()].flatMap((key) => source.row(key) ?? []),
  );
  await writer.write(term, { rows, gone: [] });
  await writer.writeSums(term, leakySums(names), Math.floor(Date.now() / 1000));
}

/** Sums as the hub makes them, with fields that a mistake could put there. */
function leakySums(names: SeededNames): NetworkSums {
  const private_ = { members_: [names.member], owner: names.account, note: names.cluster };
  const counts = { total: 1, verified: 1, offered: 1, leased: 0, free: 1, ...private_ };
  const prices = { low: 1, median: 2, high: 3, ...private_ };
  return {
    network: {
      asOf: new Date().toISOString(),
      ...{ members: 1, countries: 1, devices: counts, utilisationPermille: 0, ...private_ },
      clusters: { running: 0, waiting: 1, ...private_ },
    },
    models: [
      {
        model: 'H100-80GB-HBM3',
        ...{ memoryMiB: 81_559, devices: 1, verified: 1, leased: 0, free: 1, wanted: 0 },
        ...{ onDemandMicroUsdPerHour: prices, spotMicroUsdPerHour: prices, ...private_ },
      },
    ],
    countries: [
      {
        ...{ country: undefined, continent: 'EU', members: 1, devices: 1, free: 1, ...private_ },
        models: [{ model: 'H100-80GB-HBM3', devices: 1, free: 1, ...private_ }],
      },
    ],
  };
}
