import { type IOAccount, type IOCluster, ioAccountResource } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller } from '../../runtime/controller.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { withConditions } from '../with-conditions.ts';

export type IOAccountOptions = Readonly<{
  client: ApiClient;
  accounts: Informer<IOAccount>;
  clusters: Informer<IOCluster>;
  clock: Clock;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** Says how many devices the IOClusters of an account lease, beside what its quota allows. */
export function ioAccountController(options: IOAccountOptions): Controller {
  const { client, accounts, clusters, clock } = options;
  const statuses = new StatusWriter({ client, manager: 'compute.io.net/io-account-status' });
  return new Controller({
    name: 'io-account',
    reconcile: async (key, { signal }) => {
      const account = accounts.cache.get(key);
      if (account === undefined) return;
      const devicesInUse = clusters.cache
        .byIndex('account', key)
        .reduce((sum, { status }) => sum + (status?.lease?.devices ?? 0), 0);
      const { generation } = account.metadata;
      const intents = [readyCondition(account, devicesInUse)];
      await statuses.applyStatus(
        ioAccountResource,
        account,
        {
          observedGeneration: generation ?? 0,
          devicesInUse,
          conditions: [
            ...withConditions(account.status?.conditions, intents, generation, clock.now()),
          ],
        },
        { signal },
      );
    },
    metrics: options.metrics,
    logger: options.logger,
  })
    .watch(accounts)
    .watch(clusters, ({ metadata, spec }) =>
      spec.accountRef === undefined ? [] : [`${metadata.namespace}/${spec.accountRef.name}`],
    );
}

function readyCondition(account: IOAccount, devicesInUse: number): ConditionIntent {
  const maxDevices = account.spec.quota?.maxDevices;
  if (maxDevices === undefined || devicesInUse < maxDevices) {
    const message = 'The account can be used.';
    return { type: 'Ready', status: 'True', reason: 'Ready', message };
  }
  return {
    type: 'Ready',
    status: 'False',
    reason: 'QuotaExceeded',
    message: `All ${maxDevices} devices of spec.quota.maxDevices are in use.`,
  };
}
