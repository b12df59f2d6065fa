import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { ioClusterSpecSchema } from '../../../../crds/schema/io-cluster-spec.ts';
import { problemOf } from '../client/problem.ts';
import { yamlOf } from './cluster-yaml.ts';
import { places } from './places.ts';
import { checkForm, faultsOf, formFieldOf } from './rent-faults.ts';
import { devicesOf, emptyForm, manifestOf, specOf, type RentForm } from './rent-form.ts';

const form: RentForm = { ...emptyForm, name: 'first', namespace: 'team' };

/** Words that YAML 1.1 reads as something else, and such that end a text early. */
const trap = fc.oneof(
  fc.constantFrom(
    'NO',
    'yes',
    'on',
    'null',
    '~',
    '1e3',
    '0o17',
    '1:30',
    '2026-11-25',
    '.5',
    '-',
    '',
  ),
  fc.constantFrom(
    'a: b',
    '- x',
    '#c',
    "'",
    '"',
    '\n',
    ' x',
    'x ',
    '{{',
    '&a',
    '*a',
    '!t',
    '%',
    '\t',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

const forms: fc.Arbitrary<RentForm> = fc.record({
  namespace: trap,
  name: trap,
  account: trap,
  asset: fc.constantFrom('USDC', 'IO'),
  rayVersion: trap,
  stack: fc.constantFrom('Ray', 'RayLLM', 'Image'),
  image: trap,
  workers: fc.nat(1000),
  devicesPerWorker: fc.nat(16),
  autoscale: fc.boolean(),
  maxWorkers: fc.nat(1000),
  models: fc.array(trap, { maxLength: 4 }),
  minMemoryGiB: fc.option(fc.integer({ min: 1, max: 4096 }), { nil: undefined }),
  nvlink: fc.boolean(),
  cpu: trap,
  memory: trap,
  capacity: fc.constantFrom('OnDemand', 'Spot'),
  countries: fc.array(trap, { maxLength: 4 }),
  certifications: fc.array(trap, { maxLength: 4 }),
  place: fc.constantFrom('', 'nowhere', ...places.map(({ id }) => id)),
  maxMilliseconds: fc.integer({ min: 1, max: 1000 }),
  strategy: fc.constantFrom('Cheapest', 'Fastest', 'Balanced'),
  topology: fc.constantFrom('Any', 'SameNode', 'SameNvlinkDomain'),
  maxUsdPerGpuHour: fc.option(fc.double({ min: 0.001, max: 1000, noNaN: true }), {
    nil: undefined,
  }),
  maxUsd: fc.option(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { nil: undefined }),
  ttl: trap,
});

describe('the YAML', () => {
  test.each(['1.1', '1.2'] as const)(
    'read as version %s is the object, whatever was typed',
    (version) => {
      fc.assert(
        fc.property(forms, (filled) => {
          const manifest = manifestOf(filled);
          expect(parse(yamlOf(manifest), { version })).toEqual(manifest);
        }),
        { numRuns: 500 },
      );
    },
  );

  test('keeps Norway a country', () => {
    expect(yamlOf({ countries: ['NO', 'DE'] })).toBe('countries:\n  - "NO"\n  - DE\n');
  });
});

describe('the spec', () => {
  test('of an empty form says only what differs from the defaults', () => {
    expect(specOf(form)).toEqual({
      ray: { version: '2.52.1' },
      workerGroups: [{ name: 'gpu', replicas: 1, devicesPerWorker: 1, cpu: '4', memory: '16Gi' }],
    });
  });

  const full: RentForm = {
    ...form,
    account: 'renter',
    asset: 'IO',
    stack: 'Image',
    image: 'ray.example/team/train:1.4.0',
    workers: 2,
    devicesPerWorker: 8,
    autoscale: true,
    maxWorkers: 4,
    models: ['H100-80GB-HBM3'],
    minMemoryGiB: 80,
    nvlink: true,
    capacity: 'Spot',
    countries: ['NO'],
    certifications: ['ISO27001'],
    place: 'São Paulo',
    strategy: 'Fastest',
    topology: 'Any',
    maxUsdPerGpuHour: 3.5,
    maxUsd: 20,
    ttl: '2h30m',
  };

  test.each([
    ['empty', form],
    ['full', full],
    ['at every place', { ...full, place: 'Auckland' }],
  ])('of a form that is %s is one that the hub takes', (_name, filled) => {
    const judged = ioClusterSpecSchema.safeParse(specOf(filled));
    expect(judged.error?.issues ?? []).toEqual([]);
    expect(checkForm(filled)).toEqual({});
  });

  test('money is in whole micro-USD', () => {
    expect(specOf(full).budget).toEqual({
      maxPriceMicroUsdPerGpuHour: 3_500_000,
      maxSpendMicroUsd: 20_000_000,
    });
  });

  test('the lease covers the most workers', () => {
    expect(devicesOf(full)).toBe(32);
  });
});

describe('what is wrong is told at its field', () => {
  test.each([
    [{ name: 'No' }, 'name'],
    [{ name: '1st' }, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(64) }, 'name'],
    [{ namespace: '' }, 'namespace'],
    [{ rayVersion: 'latest' }, 'rayVersion'],
    [{ stack: 'Image' as const }, 'image'],
    [{ cpu: 'many' }, 'cpu'],
    [{ memory: '16 GB' }, 'memory'],
    [{ ttl: 'a day' }, 'ttl'],
    [{ workers: 0 }, 'workers'],
    [{ workers: 1000, devicesPerWorker: 16 }, 'workers'],
    [{ workers: 3, autoscale: true, maxWorkers: 2 }, 'maxWorkers'],
  ])('%j', (patch, field) => {
    expect(Object.keys(checkForm({ ...form, ...patch }))).toEqual([field]);
  });

  test.each([
    ['spec.workerGroups[0].replicas', 'workers'],
    ['/spec/workerGroups/0/devices/models/1', 'models'],
    ['body.spec.budget', 'maxUsd'],
    ['spec.budget.maxPriceMicroUsdPerGpuHour', 'maxUsdPerGpuHour'],
    ['spec.placement.countries[2]', 'countries'],
    ['spec.placement.latency.from.latitude', 'place'],
    ['name', 'name'],
    ['metadata.name', 'name'],
    ['spec.failover', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('the field %j of the API', (field, expected) => {
    expect(formFieldOf(field)).toBe(expected);
  });

  test('faults of the API are gathered by field; what has none is of the form', () => {
    const problem = problemOf(
      422,
      {
        errors: [
          { field: 'spec.ray.version', got: '2.1.0', expected: 'must be 2.52.0 or newer' },
          { field: 'spec.ray', got: '', expected: 'is needed' },
          { field: 'spec.failover', got: '', expected: 'no' },
        ],
      },
      null,
    );
    expect(faultsOf(problem)).toEqual({
      rayVersion: 'must be 2.52.0 or newer; is needed',
      form: 'no',
    });
  });
});
