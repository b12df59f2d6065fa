import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditSchema } from '../../hack/crds/audit.ts';
import { crdOf } from '../../hack/crds/crd.ts';
import { openApiSchemaOf, type SchemaNode } from '../../hack/crds/open-api-schema.ts';
import { generateCrds, generatedFolder, staleCrds } from '../../hack/generate-crds.ts';
import { violationsOf } from './decode.ts';
import { definitions } from './definitions.ts';
import { durationSeconds } from './duration.ts';
import { quantityMilli } from './quantity.ts';
import { badVectors, goodVectors, transitions } from './vectors/index.ts';
import {
  DecodeError,
  decodeIOCluster,
  decodeIODevice,
  ioClusterReasons,
  ioClusterSchema,
} from './index.ts';

const schemaOf = (kind: string): z.ZodType => {
  const definition = definitions.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`no kind ${kind}`);
  return definition.schema;
};

/** A manifest as JSON has it: a field that is undefined is not there. */
const asJson = (object: unknown): unknown => JSON.parse(JSON.stringify(object));

describe('vectors', () => {
  test('there are at least 60 bad ones, 20 good ones, of all kinds, under different names', () => {
    expect(badVectors.length).toBeGreaterThanOrEqual(60);
    expect(goodVectors.length).toBeGreaterThanOrEqual(20);
    const kinds = definitions.map(({ kind }) => kind).toSorted();
    for (const vectors of [badVectors, goodVectors]) {
      expect([...new Set(vectors.map(({ object }) => object.kind))].toSorted()).toEqual(kinds);
      const names = vectors.map(({ name, object }) => `${object.kind}: ${name}`);
      expect(new Set(names).size).toBe(names.length);
    }
    const names = transitions.map(({ name, refused }) => `${name} ${refused === undefined}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(goodVectors)('zod takes $object.kind: $name', ({ object }) => {
    expect(violationsOf(schemaOf(object.kind), asJson(object))).toEqual([]);
  });

  test.each(badVectors.filter(({ by }) => by === 'rule'))(
    'zod refuses $object.kind: $name, for nothing else, with the text of the API server',
    ({ object, path, message }) => {
      const violations = violationsOf(schemaOf(object.kind), asJson(object));
      expect(violations).toEqual([{ path, message: expect.stringContaining(message) }]);
    },
  );

  test.each(badVectors.filter(({ by }) => by === 'schema'))(
    'zod refuses $object.kind: $name, at the same field',
    ({ object, path }) => {
      const violations = violationsOf(schemaOf(object.kind), asJson(object));
      expect(violations.map((violation) => violation.path)).toEqual([path]);
    },
  );

  test('every rule that is no transition has a bad manifest that breaks it', () => {
    const broken = new Set(badVectors.filter(({ by }) => by === 'rule').map(brokenMessage));
    for (const { refused } of transitions) if (refused !== undefined) broken.add(refused.message);
    const untested = allRules().filter(
      ({ rule, message }) => !rule.includes('oldSelf') && !broken.has(message),
    );
    expect(untested.map(({ message }) => message)).toEqual([]);
  });

  test('every transition rule has a change that breaks it', () => {
    const messages = transitions.map(({ refused }) => refused?.message ?? '');
    const untested = allRules().filter(
      ({ rule, message }) =>
        rule.includes('oldSelf') &&
        !messages.some((text) => text !== '' && message.startsWith(text)),
    );
    expect(untested.map(({ message }) => message)).toEqual([]);
  });
});

type RuleNode = { rule: string; message: string };

/** Every CEL rule of every kind. */
function allRules(): RuleNode[] {
  const rules: RuleNode[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'x-kubernetes-validations') rules.push(...(value as RuleNode[]));
      else walk(value);
    }
  };
  for (const definition of definitions) walk(crdOf(definition).spec.versions[0].schema);
  return rules;
}

/** The fixed message of the rule that a vector breaks: a message with figures is made by the rule. */
function brokenMessage({ object }: (typeof badVectors)[number]): string {
  const result = schemaOf(object.kind).safeParse(asJson(object));
  const [issue] = result.error?.issues ?? [];
  const { params } = issue as { params?: Record<string, unknown> };
  return String(params?.['text']);
}

describe('generated manifests', () => {
  test('are what the schemas say', async () => {
    expect(await staleCrds(generatedFolder)).toEqual([]);
  });

  test('say first what they are', () => {
    for (const [name, content] of generateCrds()) {
      expect(content).toBe(readFileSync(`${generatedFolder}/${name}`, 'utf8'));
      expect(content).toMatch(/^# Generated from crds\/schema .* Do not edit\.\n/);
    }
  });

  test.each(definitions)('$kind has columns, short name, category and status', (definition) => {
    const { names, versions } = crdOf(definition).spec;
    expect(names).toMatchObject({ categories: ['io'], shortNames: [expect.stringMatching(/^io/)] });
    const columns = versions[0].additionalPrinterColumns;
    expect(columns.map(({ name }) => name)).toContain('Age');
    expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
    expect(versions[0].subresources).toEqual({ status: {} });
  });
});

describe('the audit', () => {
  const audit = (spec: z.ZodType): string[] => {
    const root = z
      .object({ spec, status: z.object({ a: z.boolean().describe('A.') }).describe('S.') })
      .describe('Thing.');
    return auditSchema(openApiSchemaOf(root, 253));
  };
  const field = (schema: z.ZodType): string[] =>
    audit(z.object({ field: schema.describe('Field.') }).describe('Spec.'));

  test.each<[string, z.ZodType, string]>([
    ['a string without a bound', z.string(), 'spec.field: has no maxLength'],
    ['a float', z.number().min(0).max(1), 'spec.field: has type number'],
    [
      'an integer without a format',
      z.int().min(0).max(1),
      'spec.field: has no format int32 or int64',
    ],
    ['a union', z.union([z.string(), z.boolean()]), 'spec.field: has the keyword anyOf'],
    ['anything', z.any(), 'spec.field: has type undefined'],
    [
      'a list without a bound',
      z.array(z.boolean().describe('Item.')).meta({ 'x-kubernetes-list-type': 'atomic' }),
      'spec.field: has no maxItems',
    ],
    [
      'a list that says not how it merges',
      z.array(z.boolean().describe('Item.')).max(1),
      'spec.field: has no x-kubernetes-list-type',
    ],
    [
      'a map without a bound',
      z.record(z.string(), z.string().max(1)),
      'spec.field: has no maxProperties',
    ],
    [
      'an object that keeps what it does not know',
      z.looseObject({ a: z.boolean().describe('A.') }),
      'spec.field: needs either properties or additionalProperties',
    ],
    [
      'a pattern, whose refusal nobody can read',
      z.string().max(1).regex(/a/),
      'spec.field: has the keyword pattern',
    ],
    [
      'a rule for a field that is not there',
      z.object({ a: z.boolean().describe('A.') }).meta({
        'x-kubernetes-validations': [{ rule: 'true', message: 'm', fieldPath: '.b' }],
      }),
      'spec.field: has a rule for .b, which does not exist',
    ],
    [
      'a rule without a message',
      z.boolean().meta({ 'x-kubernetes-validations': [{ rule: 'self' }] }),
      'spec.field: has a rule without a message of one line: self',
    ],
  ])('finds %s', (_, schema, finding) => {
    expect(field(schema)).toContain(finding);
  });

  test('finds a field without a description, and one that is no sentence', () => {
    expect(audit(z.object({ field: z.boolean() }).describe('Spec.'))).toEqual([
      'spec.field: has no description',
    ]);
    expect(audit(z.object({ field: z.boolean().describe('a flag') }).describe('Spec.'))).toEqual([
      'spec.field: has a description that is no sentence: capital first, full stop last',
    ]);
  });

  test('finds nothing in a good schema, and nothing in ours', () => {
    expect(field(z.boolean())).toEqual([]);
    for (const definition of definitions) {
      const schema: SchemaNode = crdOf(definition).spec.versions[0].schema.openAPIV3Schema;
      expect(auditSchema(schema)).toEqual([]);
    }
  });
});

describe('reading', () => {
  const stored = {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOCluster',
    metadata: { name: 'train', namespace: 'team-a', managedFields: [{ manager: 'kubectl' }] },
    spec: { ray: { version: '2.52.1' }, workerGroups: [{ name: 'gpu', cpu: 8 }] },
  };

  test('fills in the defaults, makes quantities strings and drops managed fields', () => {
    expect(decodeIOCluster(stored)).toEqual({
      ...stored,
      metadata: { name: 'train', namespace: 'team-a' },
      spec: {
        ray: { version: '2.52.1' },
        head: { cpu: '2', memory: '8Gi' },
        workerGroups: [{ name: 'gpu', replicas: 1, devicesPerWorker: 1, cpu: '8', memory: '16Gi' }],
        capacity: 'OnDemand',
        paymentAsset: 'USDC',
        failover: { policy: 'AfterFence', fenceAfterSeconds: 30 },
        suspend: false,
      },
    });
  });

  test('keeps an object that breaks a rule, which may be younger than the object', () => {
    const old = { ...stored, spec: { ...stored.spec, ray: { version: '2.44.0' } } };
    expect(decodeIOCluster(old).spec).toMatchObject({
      ray: { version: '2.44.0' },
      capacity: 'OnDemand',
      head: { cpu: '2' },
      workerGroups: [{ cpu: '8' }],
    });
    expect(violationsOf(ioClusterSchema, old)).toHaveLength(1);
  });

  test('says of another shape which object, which field and why', () => {
    const read = (): unknown =>
      decodeIOCluster({ ...stored, spec: { workerGroups: [{ name: 'gpu', replicas: 'two' }] } });
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(
      'IOCluster team-a/train cannot be read: spec.ray: Invalid input: expected object, received undefined; spec.workerGroups[0].replicas: Invalid input: expected number, received string',
    );
    expect(() => decodeIODevice(null)).toThrow('IODevice (no name) cannot be read: (root): ');
    expect(() => decodeIODevice(stored)).toThrow('kind: Invalid input: expected "IODevice"');
  });

  test('shows the first faults and counts the rest', () => {
    const workerGroups = Array.from({ length: 12 }, () => ({ name: 1 }));
    const read = (): unknown =>
      decodeIOCluster({ ...stored, spec: { ...stored.spec, workerGroups } });
    expect(read).toThrow(/workerGroups\[7\].name: .*; and 4 more$/);
  });
});

describe('quantities and durations', () => {
  test.each([
    ['4', 4_000n],
    ['500m', 500n],
    ['0.5', 500n],
    ['1.25k', 1_250_000n],
    ['16Gi', 17_179_869_184_000n],
    ['0.5Mi', 524_288_000n],
    ['0.5m', 0n],
    ['2T', 2_000_000_000_000_000n],
  ])('%s is %d thousandths', (text, milli) => {
    expect(quantityMilli(text)).toBe(milli);
  });

  test.each(['', 'Gi', '-1', '1e3', '1GB', '1.', ' 1', '1 Gi', '0x1', '1.2345'])(
    '"%s" is no quantity',
    (text) => {
      expect(quantityMilli(text)).toBeUndefined();
    },
  );

  test.each([
    ['2h30m', 9_000],
    ['90m', 5_400],
    ['1h1s', 3_601],
    ['0s', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  test.each(['', '1d', '30', 'm', '1m1h', '1.5h', '-1h', '1h 1m'])(
    '"%s" is no duration',
    (text) => {
      expect(durationSeconds(text)).toBeUndefined();
    },
  );
});

test('a reason is its own name', () => {
  expect(ioClusterReasons.Admitted.NoCapacity).toBe('NoCapacity');
});
