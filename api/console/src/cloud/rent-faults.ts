import { faultsByField } from '../client/problem.ts';
import { isNamespace } from './namespace.ts';
import { devicesOf, type RentForm } from './rent-form.ts';

/** What is wrong with fields of the form. `form` is what belongs to none of them. */
export type RentFaults = Readonly<Partial<Record<keyof RentForm | 'form', string>>>;

const clusterName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const version = /^[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}$/;
const quantity = /^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;
const duration = /^(?=.)([0-9]{1,5}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$/;
const maxDevices = 1_024;

/** What can be seen to be wrong without asking the hub; it checks all of it again. */
export function checkForm(form: RentForm): RentFaults {
  const faults: Partial<Record<keyof RentForm | 'form', string>> = {};
  if (!clusterName.test(form.name)) {
    faults.name =
      'At most 63 lower-case letters, digits and dashes, a letter first, for example training-1.';
  }
  if (!isNamespace(form.namespace)) faults.namespace = 'A namespace of yours, such as team-a.';
  if (!version.test(form.rayVersion)) faults.rayVersion = 'A version such as 2.52.1.';
  if (form.stack === 'Image' && form.image === '') {
    faults.image = 'An image with a tag or a digest.';
  }
  if (!quantity.test(form.cpu)) faults.cpu = 'Cores such as 4 or 500m.';
  if (!quantity.test(form.memory)) faults.memory = 'Memory such as 16Gi.';
  if (form.ttl !== '' && !duration.test(form.ttl)) faults.ttl = 'A duration such as 2h30m.';
  const devices = devicesOf(form);
  if (devices < 1) faults.workers = 'At least one GPU.';
  if (devices > maxDevices) {
    faults.workers = `${devices} GPUs: at most ${maxDevices} fit into one cluster.`;
  }
  if (form.autoscale && form.maxWorkers < form.workers) {
    faults.maxWorkers = `At least the ${form.workers} workers that it starts with.`;
  }
  return faults;
}

/** Fields of a spec, without `spec.` and numbers, and the fields of the form that make them. */
const formFields: Readonly<Record<string, keyof RentForm>> = {
  name: 'name',
  'metadata.name': 'name',
  namespace: 'namespace',
  'metadata.namespace': 'namespace',
  accountRef: 'account',
  'accountRef.name': 'account',
  paymentAsset: 'asset',
  ray: 'rayVersion',
  'ray.version': 'rayVersion',
  'ray.image': 'image',
  'ray.stack': 'stack',
  workerGroups: 'workers',
  'workerGroups.replicas': 'workers',
  'workerGroups.minReplicas': 'workers',
  'workerGroups.maxReplicas': 'maxWorkers',
  'workerGroups.devicesPerWorker': 'devicesPerWorker',
  'workerGroups.devices': 'models',
  'workerGroups.devices.models': 'models',
  'workerGroups.devices.minMemoryMiB': 'minMemoryGiB',
  'workerGroups.devices.nvlink': 'nvlink',
  'workerGroups.cpu': 'cpu',
  'workerGroups.memory': 'memory',
  capacity: 'capacity',
  'placement.countries': 'countries',
  'placement.certifications': 'certifications',
  'placement.latency': 'place',
  'placement.latency.from': 'place',
  'placement.latency.maxMilliseconds': 'maxMilliseconds',
  'placement.strategy': 'strategy',
  'placement.topology': 'topology',
  budget: 'maxUsd',
  'budget.maxPriceMicroUsdPerGpuHour': 'maxUsdPerGpuHour',
  'budget.maxSpendMicroUsd': 'maxUsd',
  lifetime: 'ttl',
  'lifetime.ttl': 'ttl',
};

/** The form's field of `spec.workerGroups[0].replicas`, `/spec/workerGroups/0/replicas` and the like. */
export function formFieldOf(field: string): keyof RentForm | undefined {
  const parts = field
    .replaceAll(/\[["']?([^\]"']*)["']?\]/g, '.$1')
    .split(/[./]/)
    .filter((part) => part !== '' && part !== 'spec' && part !== 'body' && !/^[0-9]+$/.test(part));
  // The nearest field that the form has: a part of a list belongs to the list.
  for (let length = parts.length; length > 0; length -= 1) {
    const path = parts.slice(0, length).join('.');
    if (Object.hasOwn(formFields, path)) return formFields[path];
  }
  return undefined;
}

/** The faults that the API found, at their fields. */
export function faultsOf(error: unknown): RentFaults {
  const faults: Partial<Record<keyof RentForm | 'form', string>> = {};
  for (const [field, expected] of faultsByField(error)) {
    const at = formFieldOf(field) ?? 'form';
    faults[at] = faults[at] === undefined ? expected : `${faults[at]}; ${expected}`;
  }
  return faults;
}
