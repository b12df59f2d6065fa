import type { Rule } from './rule.ts';

/** What the rules read of a worker group. */
type Group = {
  replicas: number;
  minReplicas?: number | undefined;
  maxReplicas?: number | undefined;
  devicesPerWorker: number;
  devices?: { migProfile?: string | undefined } | undefined;
};

/** What the rules read of the spec. */
type Spec = {
  workerGroups: Group[];
  autoscaling?: { enabled: boolean } | undefined;
  placement?: { topology: string } | undefined;
};

/** Most devices of one IOCluster. */
const maxDevicesPerCluster = 1024;

/** Most whole GPUs of one node. */
const maxDevicesPerNode = 16;

/** Lowest budget that is believed to be meant: 0.001 USD. */
const leastBudgetMicroUsd = 1000;

/** Lowest sum that is believed to be meant: 0.01 USD. */
const leastSpendMicroUsd = 10_000;

export const rayRules: readonly Rule<{
  version: string;
  image?: string | undefined;
  stack?: string | undefined;
}>[] = [
  {
    cel: '!(has(self.image) && has(self.stack))',
    message: 'image and stack exclude each other; leave out one of them',
    holds: (ray) => ray.image === undefined || ray.stack === undefined,
  },
  {
    cel: "!self.version.matches(r'^[0-9]+[.][0-9]+[.][0-9]+$') || int(self.version.split('.')[0]) > 2 || (int(self.version.split('.')[0]) == 2 && int(self.version.split('.')[1]) >= 52)",
    message: 'must be 2.52.0 or newer: older versions of Ray have no token authentication',
    fieldPath: '.version',
    holds: ({ version }) => {
      if (!/^[0-9]+[.][0-9]+[.][0-9]+$/.test(version)) return true;
      const [major = 0, minor = 0] = version.split('.').map(Number);
      return major > 2 || (major === 2 && minor >= 52);
    },
  },
  {
    cel: "!has(self.image) || !self.image.endsWith(':latest')",
    message: 'the tag latest changes under a running cluster; name a version or a digest',
    fieldPath: '.image',
    holds: (ray) => ray.image?.endsWith(':latest') !== true,
  },
];

export const deviceRules: readonly Rule<{
  migProfile?: string | undefined;
  nvlink?: boolean | undefined;
}>[] = [
  {
    cel: '!(has(self.migProfile) && has(self.nvlink) && self.nvlink)',
    message: 'MIG slices have no NVLink; leave out migProfile or nvlink',
    fieldPath: '.nvlink',
    holds: (devices) => devices.migProfile === undefined || devices.nvlink !== true,
  },
];

/** One mistake, one message: with crossed bounds no number of replicas would be right. */
const boundsCrossed =
  '(has(self.minReplicas) && has(self.maxReplicas) && self.minReplicas > self.maxReplicas)';

const areBoundsCrossed = ({ minReplicas, maxReplicas }: Group): boolean =>
  minReplicas !== undefined && maxReplicas !== undefined && minReplicas > maxReplicas;

export const workerGroupRules: readonly Rule<Group>[] = [
  {
    cel: `!${boundsCrossed}`,
    message: 'minReplicas must be at most maxReplicas',
    messageCel:
      "'minReplicas %d must be at most maxReplicas %d'.format([self.minReplicas, self.maxReplicas])",
    messageOf: (group) =>
      `minReplicas ${group.minReplicas} must be at most maxReplicas ${group.maxReplicas}`,
    fieldPath: '.minReplicas',
    holds: (group) => !areBoundsCrossed(group),
  },
  {
    cel: `${boundsCrossed} || !has(self.minReplicas) || self.replicas >= self.minReplicas`,
    message: 'replicas must be at least minReplicas',
    messageCel:
      "'replicas %d must be at least minReplicas %d'.format([self.replicas, self.minReplicas])",
    messageOf: (group) =>
      `replicas ${group.replicas} must be at least minReplicas ${group.minReplicas}`,
    fieldPath: '.replicas',
    holds: (group) =>
      areBoundsCrossed(group) ||
      group.minReplicas === undefined ||
      group.replicas >= group.minReplicas,
  },
  {
    cel: `${boundsCrossed} || !has(self.maxReplicas) || self.replicas <= self.maxReplicas`,
    message: 'replicas must be at most maxReplicas',
    messageCel:
      "'replicas %d must be at most maxReplicas %d'.format([self.replicas, self.maxReplicas])",
    messageOf: (group) =>
      `replicas ${group.replicas} must be at most maxReplicas ${group.maxReplicas}`,
    fieldPath: '.replicas',
    holds: (group) =>
      areBoundsCrossed(group) ||
      group.maxReplicas === undefined ||
      group.replicas <= group.maxReplicas,
  },
  {
    cel: '!has(self.devices) || self.devicesPerWorker > 0',
    message:
      'devices says which devices will do, but devicesPerWorker is 0; leave it out or raise devicesPerWorker',
    fieldPath: '.devices',
    holds: (group) => group.devices === undefined || group.devicesPerWorker > 0,
  },
];

export const placementRules: readonly Rule<{
  members?: string[] | undefined;
  excludedMembers?: string[] | undefined;
}>[] = [
  {
    cel: '!has(self.members) || !has(self.excludedMembers) || !self.members.exists(name, name in self.excludedMembers)',
    message:
      'a member cannot be both in members and in excludedMembers; take it out of one of them',
    fieldPath: '.excludedMembers',
    holds: ({ members = [], excludedMembers = [] }) =>
      !members.some((name) => excludedMembers.includes(name)),
  },
];

export const budgetRules: readonly Rule<{
  maxPriceMicroUsdPerGpuHour?: number | undefined;
  maxSpendMicroUsd?: number | undefined;
}>[] = [
  {
    cel: 'has(self.maxPriceMicroUsdPerGpuHour) || has(self.maxSpendMicroUsd)',
    message:
      'states no limit; set maxPriceMicroUsdPerGpuHour or maxSpendMicroUsd, or leave out budget',
    holds: (budget) =>
      budget.maxPriceMicroUsdPerGpuHour !== undefined || budget.maxSpendMicroUsd !== undefined,
  },
  {
    cel: `!has(self.maxSpendMicroUsd) || self.maxSpendMicroUsd >= ${leastSpendMicroUsd}`,
    message: 'must be positive: it is in micro-USD and below 0.01 USD; 20 USD is 20000000',
    fieldPath: '.maxSpendMicroUsd',
    holds: ({ maxSpendMicroUsd: spend }) => spend === undefined || spend >= leastSpendMicroUsd,
  },
  {
    cel: `!has(self.maxPriceMicroUsdPerGpuHour) || self.maxPriceMicroUsdPerGpuHour >= ${leastBudgetMicroUsd}`,
    message: 'is in micro-USD and below 0.001 USD an hour; 2 USD is 2000000',
    fieldPath: '.maxPriceMicroUsdPerGpuHour',
    holds: ({ maxPriceMicroUsdPerGpuHour: price }) =>
      price === undefined || price >= leastBudgetMicroUsd,
  },
];

export const lifetimeRules: readonly Rule<{ ttl?: string | undefined }>[] = [
  {
    cel: 'has(self.ttl)',
    message: 'states no end; set ttl or leave out lifetime',
    holds: (lifetime) => lifetime.ttl !== undefined,
  },
];

/** Workers that the lease has to cover. */
const workersOf = (group: Group, autoscaled: boolean): number =>
  autoscaled && group.maxReplicas !== undefined ? group.maxReplicas : group.replicas;

const devicesOf = (spec: Spec): number => {
  const autoscaled = spec.autoscaling?.enabled === true;
  return spec.workerGroups.reduce(
    (sum, group) => sum + workersOf(group, autoscaled) * group.devicesPerWorker,
    0,
  );
};

/** The same sum in CEL; `self` is the spec. */
const celDevices =
  'self.workerGroups.map(group, (has(self.autoscaling) && self.autoscaling.enabled && has(group.maxReplicas) ? group.maxReplicas : group.replicas) * group.devicesPerWorker).sum()';

export const clusterSpecRules: readonly Rule<Spec>[] = [
  {
    cel: '!has(self.autoscaling) || !self.autoscaling.enabled || self.workerGroups.all(group, has(group.minReplicas) && has(group.maxReplicas))',
    message: 'autoscaling needs minReplicas and maxReplicas in every worker group',
    fieldPath: '.workerGroups',
    holds: (spec) =>
      spec.autoscaling?.enabled !== true ||
      spec.workerGroups.every((g) => g.minReplicas !== undefined && g.maxReplicas !== undefined),
  },
  {
    cel: `self.workerGroups.size() == 0 || ${celDevices} >= 1`,
    message:
      'asks for no device; raise replicas or devicesPerWorker of a group, or set suspend: true to hold none',
    fieldPath: '.workerGroups',
    holds: (spec) => devicesOf(spec) >= 1,
  },
  {
    cel: `${celDevices} <= ${maxDevicesPerCluster}`,
    message: `asks for more than ${maxDevicesPerCluster} devices; split it into several IOClusters`,
    messageCel: `'asks for %d devices, at most ${maxDevicesPerCluster} fit into one IOCluster; split it into several'.format([${celDevices}])`,
    messageOf: (spec) =>
      `asks for ${devicesOf(spec)} devices, at most ${maxDevicesPerCluster} fit into one IOCluster; split it into several`,
    fieldPath: '.workerGroups',
    holds: (spec) => devicesOf(spec) <= maxDevicesPerCluster,
  },
  {
    cel: `!has(self.placement) || self.placement.topology != 'SameNode' || self.workerGroups.exists(group, has(group.devices) && has(group.devices.migProfile)) || ${celDevices} <= ${maxDevicesPerNode}`,
    message: `topology SameNode puts all devices into one node, which holds at most ${maxDevicesPerNode}; ask for fewer or use topology Any`,
    fieldPath: '.placement.topology',
    holds: (spec) =>
      spec.placement?.topology !== 'SameNode' ||
      spec.workerGroups.some((group) => group.devices?.migProfile !== undefined) ||
      devicesOf(spec) <= maxDevicesPerNode,
  },
  {
    cel: "!has(self.placement) || self.placement.topology != 'SameNvlinkDomain' || !self.workerGroups.exists(group, has(group.devices) && has(group.devices.migProfile))",
    message: 'MIG slices have no NVLink; use topology Any or SameNode, or leave out migProfile',
    fieldPath: '.placement.topology',
    holds: (spec) =>
      spec.placement?.topology !== 'SameNvlinkDomain' ||
      !spec.workerGroups.some((group) => group.devices?.migProfile !== undefined),
  },
];
