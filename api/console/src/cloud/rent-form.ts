import { placeOf } from './places.ts';

/** What the form holds, as it was typed. */
export type RentForm = Readonly<{
  namespace: string;
  name: string;
  /** Empty: no account pays. */
  account: string;
  asset: 'USDC' | 'IO';
  rayVersion: string;
  stack: 'Ray' | 'RayLLM' | 'Image';
  image: string;
  workers: number;
  devicesPerWorker: number;
  autoscale: boolean;
  maxWorkers: number;
  models: readonly string[];
  minMemoryGiB: number | undefined;
  nvlink: boolean;
  cpu: string;
  memory: string;
  capacity: 'OnDemand' | 'Spot';
  countries: readonly string[];
  certifications: readonly string[];
  place: string;
  maxMilliseconds: number;
  strategy: 'Cheapest' | 'Fastest' | 'Balanced';
  topology: 'Any' | 'SameNode' | 'SameNvlinkDomain';
  maxUsdPerGpuHour: number | undefined;
  maxUsd: number | undefined;
  ttl: string;
}>;

export const emptyForm: RentForm = {
  namespace: '',
  name: '',
  account: '',
  asset: 'USDC',
  rayVersion: '2.52.1',
  stack: 'Ray',
  image: '',
  workers: 1,
  devicesPerWorker: 1,
  autoscale: false,
  maxWorkers: 2,
  models: [],
  minMemoryGiB: undefined,
  nvlink: false,
  cpu: '4',
  memory: '16Gi',
  capacity: 'OnDemand',
  countries: [],
  certifications: [],
  place: '',
  maxMilliseconds: 50,
  strategy: 'Cheapest',
  topology: 'Any',
  maxUsdPerGpuHour: undefined,
  maxUsd: undefined,
  ttl: '',
};

/** The spec of an IOCluster as the form makes it; what is left as it is by default is left out. */
export type RentSpec = Readonly<{
  accountRef?: Readonly<{ name: string }>;
  paymentAsset?: 'IO';
  ray: Readonly<{ version: string; image?: string; stack?: 'RayLLM' }>;
  workerGroups: readonly Readonly<Record<string, unknown>>[];
  autoscaling?: Readonly<{ enabled: true }>;
  placement?: Readonly<Record<string, unknown>>;
  capacity?: 'Spot';
  budget?: Readonly<Record<string, number>>;
  lifetime?: Readonly<{ ttl: string }>;
}>;

/** What the form asks for, as the API takes it. */
export function specOf(form: RentForm): RentSpec {
  const placement = placementOf(form);
  const budget = budgetOf(form);
  return {
    ...(form.account === '' ? {} : { accountRef: { name: form.account } }),
    ...(form.asset === 'IO' ? { paymentAsset: 'IO' } : {}),
    ray: rayOf(form),
    workerGroups: [groupOf(form)],
    ...(form.autoscale ? { autoscaling: { enabled: true } } : {}),
    ...(Object.keys(placement).length === 0 ? {} : { placement }),
    ...(form.capacity === 'Spot' ? { capacity: 'Spot' } : {}),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
    ...(form.ttl === '' ? {} : { lifetime: { ttl: form.ttl } }),
  };
}

/** The whole object, for a file. */
export function manifestOf(form: RentForm): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name: form.name, namespace: form.namespace },
    spec: specOf(form),
  };
}

/** GPUs that the lease covers. */
export const devicesOf = (form: RentForm): number =>
  (form.autoscale ? Math.max(form.maxWorkers, form.workers) : form.workers) * form.devicesPerWorker;

function rayOf({ rayVersion: version, stack, image }: RentForm): RentSpec['ray'] {
  if (stack === 'Image') return { version, image };
  return stack === 'RayLLM' ? { version, stack } : { version };
}

function groupOf(form: RentForm): Readonly<Record<string, unknown>> {
  const { models, minMemoryGiB, nvlink } = form;
  const devices = {
    ...(models.length === 0 ? {} : { models }),
    // GPUs tell a little less than their name says: 80 GB is asked for as 80,000 MiB.
    ...(minMemoryGiB === undefined ? {} : { minMemoryMiB: Math.round(minMemoryGiB * 1_000) }),
    ...(nvlink ? { nvlink: true } : {}),
  };
  return {
    name: 'gpu',
    replicas: form.workers,
    ...(form.autoscale
      ? { minReplicas: Math.min(1, form.workers), maxReplicas: form.maxWorkers }
      : {}),
    devicesPerWorker: form.devicesPerWorker,
    ...(Object.keys(devices).length === 0 ? {} : { devices }),
    cpu: form.cpu,
    memory: form.memory,
  };
}

function placementOf(form: RentForm): Readonly<Record<string, unknown>> {
  const place = placeOf(form.place);
  return {
    ...(form.countries.length === 0 ? {} : { countries: form.countries }),
    ...(form.certifications.length === 0 ? {} : { certifications: form.certifications }),
    ...(place === undefined
      ? {}
      : {
          latency: {
            from: { latitude: place.latitude, longitude: place.longitude },
            maxMilliseconds: form.maxMilliseconds,
          },
        }),
    ...(form.strategy === 'Cheapest' ? {} : { strategy: form.strategy }),
    ...(form.topology === 'Any' ? {} : { topology: form.topology }),
  };
}

const microUsdOf = (usd: number): number => Math.round(usd * 1_000_000);

function budgetOf({ maxUsdPerGpuHour, maxUsd }: RentForm): Readonly<Record<string, number>> {
  return {
    ...(maxUsdPerGpuHour === undefined
      ? {}
      : { maxPriceMicroUsdPerGpuHour: microUsdOf(maxUsdPerGpuHour) }),
    ...(maxUsd === undefined ? {} : { maxSpendMicroUsd: microUsdOf(maxUsd) }),
  };
}
