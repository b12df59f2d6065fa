import type { Rule } from './rule.ts';

/** Holds while nothing is leased, or when the stored object was suspended: then anything may change. */
const free = '!has(oldSelf.status) || !has(oldSelf.status.lease) || oldSelf.spec.suspend';

const advice = 'cannot change while the cluster holds a lease; set spec.suspend: true first';

/** CEL for: an optional field is absent from both or equal in both. */
const sameIfAny = (left: string, right: string, field: string): string =>
  `has(${left}.${field}) == has(${right}.${field}) && (!has(${left}.${field}) || ${left}.${field} == ${right}.${field})`;

const fixed = (field: string, same: string): Rule<unknown> => ({
  cel: `${free} || (${same})`,
  message: `${field} ${advice}`,
  fieldPath: `.spec.${field}`,
  reason: 'FieldValueForbidden',
});

const fixedRequired = (field: string): Rule<unknown> =>
  fixed(field, `self.spec.${field} == oldSelf.spec.${field}`);

const fixedOptional = (field: string): Rule<unknown> =>
  fixed(field, sameIfAny('self.spec', 'oldSelf.spec', field));

/** What of a worker group makes its pods; the numbers of workers are not among it. */
const sameShape = [
  'was.name == group.name',
  'was.devicesPerWorker == group.devicesPerWorker',
  'was.cpu == group.cpu',
  'was.memory == group.memory',
  sameIfAny('was', 'group', 'devices'),
  sameIfAny('was', 'group', 'rayStartParams'),
].join(' && ');

/** What may not change under a running cluster. */
export const leasedClusterRules: readonly Rule<unknown>[] = [
  {
    cel: '!has(oldSelf.spec.accountRef) || (has(self.spec.accountRef) && self.spec.accountRef.name == oldSelf.spec.accountRef.name)',
    message: 'accountRef cannot change once it is set; make a new IOCluster for another account',
    fieldPath: '.spec.accountRef',
    reason: 'FieldValueForbidden',
  },
  {
    // Always set, by its default. All leases of a cluster count against one budget, in one asset.
    cel: 'self.spec.paymentAsset == oldSelf.spec.paymentAsset',
    message: 'paymentAsset cannot change; make a new IOCluster to pay in another asset',
    fieldPath: '.spec.paymentAsset',
    reason: 'FieldValueForbidden',
  },
  fixedRequired('ray'),
  fixedRequired('head'),
  fixedRequired('capacity'),
  fixedOptional('autoscaling'),
  fixedOptional('placement'),
  fixedOptional('security'),
  {
    cel: `${free} || (${sameIfAny('self.spec.failover', 'oldSelf.spec.failover', 'checkpoint')})`,
    message: `failover.checkpoint ${advice}`,
    fieldPath: '.spec.failover.checkpoint',
    reason: 'FieldValueForbidden',
  },
  {
    cel: `${free} || (self.spec.workerGroups.size() == oldSelf.spec.workerGroups.size() && self.spec.workerGroups.all(group, oldSelf.spec.workerGroups.exists(was, ${sameShape})))`,
    message: `of workerGroups only replicas, minReplicas and maxReplicas can change while the cluster holds a lease; set spec.suspend: true first`,
    fieldPath: '.spec.workerGroups',
    reason: 'FieldValueForbidden',
  },
];
