import {
  type IOAccount,
  type IOAccountStatus,
  type IOCluster,
  ioAccountResource,
} from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../../domain/condition-intent.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { ObjectKey } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import { OwnWrites } from '../../runtime/own-writes.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { withConditions } from '../with-conditions.ts';
import type { Balances } from './balances.ts';

export type IOAccountOptions = Readonly<{
  client: Pick<ApiClient, 'apply'>;
  accounts: WatchedInformer<IOAccount>;
  clusters: WatchedInformer<IOCluster>;
  /** Undefined: the hub has no ledger, and accounts have no balances. */
  balances?: Balances | undefined;
  /** Whether ledger and chain agree about an account; undefined: nobody compares them. */
  drift?: ((key: ObjectKey) => ConditionIntent | undefined) | undefined;
  /** Whether the account's wallet is proved; undefined: the hub has no chain. */
  wallet?: ((account: IOAccount) => ConditionIntent | undefined) | undefined;
  /** How to pay in; undefined: the hub has no chain. */
  deposit?: ((key: ObjectKey) => IOAccountStatus['deposit']) | undefined;
  clock: Clock;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

const manager = 'compute.io.net/io-account-status';

/**
 * Says how many devices the IOClusters of an account lease, beside what its quota allows, and what
 * the ledger has of it.
 */
export function ioAccountController(options: IOAccountOptions): Controller {
  const { client, accounts, clusters, clock, balances } = options;
  const statuses = new StatusWriter({ client, manager });
  const own = new OwnWrites(accounts.cache);
  return new Controller({
    name: 'io-account',
    reconcile: async (key, { signal }): Promise<Result> => {
      const account = own.get(key);
      if (account === undefined) return balances?.forget(key);
      const devicesInUse = clusters.cache
        .byIndex('account', key)
        .reduce((sum, { status }) => sum + (status?.lease?.devices ?? 0), 0);
      const { generation } = account.metadata;
      const intents = [
        readyCondition(account, devicesInUse),
        options.wallet?.(account),
        options.drift?.(key),
      ].filter((intent) => intent !== undefined);
      const money = await balances?.of(key, account.status);
      const deposit = options.deposit?.(key);
      const status = {
        observedGeneration: generation ?? 0,
        devicesInUse,
        conditions: [
          ...withConditions(account.status?.conditions, intents, generation, clock.now()),
        ],
        ...(deposit === undefined ? {} : { deposit }),
        ...money,
      };
      own.wrote(await statuses.applyStatus(ioAccountResource, account, status, { signal }));
      return balances === undefined ? undefined : { requeueAfterMs: balances.nextMs(key) };
    },
    metrics: options.metrics,
    logger: options.logger,
    clock,
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
