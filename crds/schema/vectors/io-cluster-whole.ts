import { byRule, bySchema, type BadVector } from './vector.ts';
import { cluster, group, placed } from './io-cluster.ts';

const clusterVectors: readonly BadVector[] = [
  bySchema('no spec', { ...cluster(), spec: undefined }, 'spec: Required value'),
  byRule(
    'no device at all',
    group({ devicesPerWorker: 0 }),
    'spec.workerGroups: asks for no device; raise replicas or devicesPerWorker of a group, or set suspend: true to hold none',
  ),
  byRule('no worker at all', group({ replicas: 0 }), 'spec.workerGroups: asks for no device'),
  byRule(
    'more devices than a cluster may have',
    cluster({
      workerGroups: [{ name: 'a', replicas: 64, devicesPerWorker: 16 }, { name: 'b' }],
    }),
    'spec.workerGroups: asks for 1025 devices, at most 1024 fit into one IOCluster; split it into several',
  ),
  byRule(
    'more devices than a cluster may have, once it is scaled up',
    cluster({
      autoscaling: { enabled: true },
      workerGroups: [{ name: 'a', minReplicas: 1, maxReplicas: 1000, devicesPerWorker: 2 }],
    }),
    'spec.workerGroups: asks for 2000 devices, at most 1024 fit into one IOCluster',
  ),
  byRule(
    'autoscaling without bounds',
    cluster({ autoscaling: { enabled: true } }),
    'spec.workerGroups: autoscaling needs minReplicas and maxReplicas in every worker group',
  ),
  byRule(
    'autoscaling with bounds in one of two groups',
    cluster({
      autoscaling: {},
      workerGroups: [
        { name: 'a', minReplicas: 1, maxReplicas: 2 },
        { name: 'b', maxReplicas: 2 },
      ],
    }),
    'spec.workerGroups: autoscaling needs minReplicas and maxReplicas in every worker group',
  ),
  byRule(
    'autoscaling that may never start a device',
    cluster({
      autoscaling: {},
      workerGroups: [{ name: 'a', replicas: 0, minReplicas: 0, maxReplicas: 0 }],
    }),
    'spec.workerGroups: asks for no device',
  ),
  bySchema(
    'an idle time of nothing',
    cluster({ autoscaling: { enabled: false, idleTimeoutSeconds: 0 } }),
    'spec.autoscaling.idleTimeoutSeconds: should be greater than or equal to 1',
  ),
  bySchema(
    'a way of scaling up that Ray does not know',
    cluster({ autoscaling: { enabled: false, upscalingMode: 'Turbo' } }),
    'spec.autoscaling.upscalingMode: supported values: "Default", "Aggressive", "Conservative"',
  ),
  bySchema(
    'a capacity that does not exist',
    cluster({ capacity: 'Reserved' }),
    'spec.capacity: supported values: "OnDemand", "Spot"',
  ),
  byRule(
    'a budget without a limit',
    cluster({ budget: {} }),
    'spec.budget: states no limit; set maxPriceMicroUsdPerGpuHour or maxSpendMicroUsd, or leave out budget',
  ),
  byRule(
    'a most to spend of nothing',
    cluster({ budget: { maxSpendMicroUsd: 0 } }),
    'spec.budget.maxSpendMicroUsd: must be positive: it is in micro-USD and below 0.01 USD; 20 USD is 20000000',
  ),
  byRule(
    'a most to spend in USD instead of micro-USD',
    cluster({ budget: { maxSpendMicroUsd: 20 } }),
    'spec.budget.maxSpendMicroUsd: must be positive: it is in micro-USD and below 0.01 USD; 20 USD is 20000000',
  ),
  bySchema(
    'a most to spend below nothing',
    cluster({ budget: { maxSpendMicroUsd: -1 } }),
    'spec.budget.maxSpendMicroUsd: should be greater than or equal to 0',
  ),
  bySchema(
    'payment in an asset that nobody keeps',
    cluster({ paymentAsset: 'EUR' }),
    'spec.paymentAsset: supported values: "USDC", "IO"',
  ),
  byRule(
    'a budget in USD instead of micro-USD',
    cluster({ budget: { maxPriceMicroUsdPerGpuHour: 2 } }),
    'spec.budget.maxPriceMicroUsdPerGpuHour: is in micro-USD and below 0.001 USD an hour; 2 USD is 2000000',
  ),
  bySchema(
    'a budget with a fraction',
    cluster({ budget: { maxPriceMicroUsdPerGpuHour: 2_000_000.5 } }),
    'spec.budget.maxPriceMicroUsdPerGpuHour: must be of type int',
  ),
  bySchema(
    'a budget beyond all money',
    cluster({ budget: { maxPriceMicroUsdPerGpuHour: 1_000_000_000_000_001 } }),
    'spec.budget.maxPriceMicroUsdPerGpuHour: should be less than or equal to',
  ),
  byRule(
    'a lifetime without an end',
    cluster({ lifetime: {} }),
    'spec.lifetime: states no end; set ttl or leave out lifetime',
  ),
  byRule(
    'a lifetime of nothing',
    cluster({ lifetime: { ttl: '0h0m' } }),
    'spec.lifetime.ttl: must be a positive duration of at most a year (8760h), for example 2h30m',
  ),
  byRule(
    'a lifetime in days',
    cluster({ lifetime: { ttl: '7d' } }),
    'spec.lifetime.ttl: must be a positive duration of at most a year (8760h), for example 2h30m',
  ),
  byRule(
    'a lifetime of more than a year',
    cluster({ lifetime: { ttl: '8760h1s' } }),
    'spec.lifetime.ttl: must be a positive duration of at most a year (8760h)',
  ),
  byRule(
    'an account whose name is none',
    cluster({ accountRef: { name: 'Team A' } }),
    'spec.accountRef.name: must be lower-case letters, digits, dashes and dots',
  ),
  byRule(
    'a priority class whose name is none',
    cluster({ priorityClassName: 'High!' }),
    'spec.priorityClassName: must be lower-case letters, digits, dashes and dots',
  ),
  bySchema('suspend as text', cluster({ suspend: 'yes' }), 'spec.suspend: must be of type boolean'),
];

const placementVectors: readonly BadVector[] = [
  byRule(
    'the United Kingdom by its abbreviation',
    placed({ countries: ['NL', 'UK'] }),
    'spec.placement.countries[1]: must be an ISO 3166 country code of two capital letters, for example NL (the United Kingdom is GB)',
  ),
  byRule(
    'a country in small letters',
    placed({ countries: ['nl'] }),
    'spec.placement.countries[0]: must be an ISO 3166 country code of two capital letters',
  ),
  bySchema(
    'a country by its name',
    placed({ countries: ['Netherlands'] }),
    'spec.placement.countries[0]: may not be more than 2 bytes',
  ),
  bySchema(
    'a country twice',
    placed({ countries: ['NL', 'DE', 'NL'] }),
    'spec.placement.countries[2]: "NL"',
  ),
  byRule(
    'a region with a space',
    placed({ regions: ['eu west'] }),
    'spec.placement.regions[0]: must be a region such as eu-west',
  ),
  byRule(
    'a certification with a space',
    placed({ certifications: ['ISO 27001'] }),
    'spec.placement.certifications[0]: must be a certification such as ISO27001',
  ),
  byRule(
    'a latitude beyond the pole',
    placed({
      latency: { from: { latitude: '90.1', longitude: '4.9' }, maxMilliseconds: 20 },
    }),
    'spec.placement.latency.from.latitude: must be decimal degrees between -90 and 90 as a string',
  ),
  byRule(
    'a longitude with a comma',
    placed({
      latency: { from: { latitude: '52.37', longitude: '4,9' }, maxMilliseconds: 20 },
    }),
    'spec.placement.latency.from.longitude: must be decimal degrees between -180 and 180 as a string',
  ),
  bySchema(
    'a latitude as a number',
    placed({ latency: { from: { latitude: 52.37, longitude: '4.9' }, maxMilliseconds: 20 } }),
    'spec.placement.latency.from.latitude: must be of type string',
  ),
  bySchema(
    'a latency without a place',
    placed({ latency: { maxMilliseconds: 20 } }),
    'spec.placement.latency.from: Required value',
  ),
  bySchema(
    'a latency that light cannot keep',
    placed({ latency: { from: { latitude: '52.37', longitude: '4.9' }, maxMilliseconds: 0 } }),
    'spec.placement.latency.maxMilliseconds: should be greater than or equal to 1',
  ),
  byRule(
    'a member both wanted and excluded',
    placed({ members: ['amsterdam', 'oslo'], excludedMembers: ['oslo'] }),
    'spec.placement.excludedMembers: a member cannot be both in members and in excludedMembers; take it out of one of them',
  ),
  byRule(
    'a member whose name is none',
    placed({ members: ['Oslo'] }),
    'spec.placement.members[0]: must be lower-case letters, digits and dashes',
  ),
  bySchema(
    'a strategy that does not exist',
    placed({ strategy: 'Best' }),
    'spec.placement.strategy: supported values: "Cheapest", "Fastest", "Balanced"',
  ),
  bySchema(
    'a topology that does not exist',
    placed({ topology: 'SameRack' }),
    'spec.placement.topology: supported values: "Any", "SameNode", "SameNvlinkDomain"',
  ),
  byRule(
    'more GPUs in one node than a node has',
    cluster({
      placement: { topology: 'SameNode' },
      workerGroups: [{ name: 'gpu', replicas: 3, devicesPerWorker: 8 }],
    }),
    'spec.placement.topology: topology SameNode puts all devices into one node, which holds at most 16; ask for fewer or use topology Any',
  ),
  byRule(
    'MIG slices in one NVLink domain',
    cluster({
      placement: { topology: 'SameNvlinkDomain' },
      workerGroups: [{ name: 'mig', devices: { migProfile: '1g.10gb' } }],
    }),
    'spec.placement.topology: MIG slices have no NVLink; use topology Any or SameNode, or leave out migProfile',
  ),
];

/** Bad combinations, budgets, lifetimes and places. */
export const badClusterWholes: readonly BadVector[] = [...clusterVectors, ...placementVectors];
