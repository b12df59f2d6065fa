import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiResponse, KubeApi } from '../../hack/federation/kube-api.ts';
import { parseAllDocuments } from 'yaml';
import { testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { decoderOf } from './decode.ts';
import { definitions } from './definitions.ts';
import { computeApiVersion, computeGroup } from './group.ts';
import { badVectors, goodVectors, transitions } from './vectors/index.ts';
import type { Manifest } from './vectors/vector.ts';

const examplesFolder = join(import.meta.dirname, '../../docs/examples');

let api: KubeApi;
let namespace: string;
const created: string[] = [];

beforeAll(async () => {
  const cluster = testCluster();
  api = new KubeApi(cluster.adminKubeconfigPath);
  namespace = await cluster.uniqueNamespace('crds');
});

afterAll(async () => {
  for (const path of created) await api.send('DELETE', path);
  await api.close();
});

function definitionOf(kind: string) {
  const definition = definitions.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`no kind ${kind}`);
  return definition;
}

/** Where objects of a kind are created. */
function collectionOf(kind: string): string {
  const { plural, namespaced } = definitionOf(kind);
  const scope = namespaced ? `/namespaces/${namespace}` : '';
  return `/apis/${computeApiVersion}${scope}/${plural}`;
}

const strict = 'fieldValidation=Strict';

const dryRunCreate = (object: Manifest): Promise<ApiResponse> =>
  api.send('POST', `${collectionOf(object.kind)}?dryRun=All&${strict}`, object);

type Cause = { field: string; message: string };

/** The API server adds this when a wrong shape kept it from running the rules. */
const unchecked = 'some validation rules were not checked because the object was invalid';

/** What the API server has against an object, field by field. */
function causesOf({ body }: ApiResponse): Cause[] {
  const { details } = body as { details?: { causes?: Cause[] } };
  return (details?.causes ?? [])
    .filter(({ message }) => !message.includes(unchecked))
    .map(({ field, message }) => ({ field: field === '<nil>' ? '(root)' : field, message }));
}

describe('the CRDs', () => {
  test.each(definitions)('$kind is established and structural', async ({ plural }) => {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${computeGroup}`;
    const crd = (await api.get(path)) as {
      status: { conditions: { type: string; status: string; message: string }[] };
    };
    const conditions = crd.status.conditions.map(({ type, status }) => `${type}=${status}`);
    expect(conditions).toContain('Established=True');
    expect(conditions).toContain('NamesAccepted=True');
    expect(conditions.filter((condition) => condition.startsWith('NonStructural'))).toEqual([]);
  });

  test('short names and the category io find them', async () => {
    const list = (await api.get(`/apis/${computeApiVersion}`)) as {
      resources: { name: string; shortNames?: string[]; categories?: string[] }[];
    };
    const found = list.resources.filter(({ name }) => !name.includes('/'));
    expect(found.flatMap(({ shortNames }) => shortNames ?? []).toSorted()).toEqual([
      'ioa',
      'ioc',
      'iod',
      'iom',
      'iop',
      'ios',
    ]);
    for (const { categories } of found) expect(categories).toEqual(['io']);
  });

  test('kubectl explain has a sentence for every field', async () => {
    const document = (await api.get(`/openapi/v3/apis/${computeApiVersion}`)) as {
      components: { schemas: Record<string, unknown> };
    };
    const silent: string[] = [];
    for (const { kind } of definitions) {
      const schema = document.components.schemas[`net.io.compute.v1alpha1.${kind}`];
      silent.push(...undescribed(schema as OpenApiNode, kind));
    }
    expect(silent).toEqual([]);
  });
});

type OpenApiNode = {
  description?: string;
  properties?: Record<string, OpenApiNode>;
  items?: OpenApiNode;
};

function undescribed(node: OpenApiNode, path: string): string[] {
  const { description, properties = {}, items } = node;
  return [
    ...(description === undefined || description === '' ? [path] : []),
    ...Object.entries(properties)
      .filter(([name]) => name !== 'metadata')
      .flatMap(([name, child]) => undescribed(child, `${path}.${name}`)),
    ...(items?.properties === undefined ? [] : undescribed(items, `${path}[]`)),
  ];
}

describe('good manifests', () => {
  test.each(goodVectors)('$object.kind: $name', async ({ object }) => {
    const response = await dryRunCreate(object);
    expect(response).toMatchObject({ status: 201 });
    // The defaults of the API server are those of zod, and what it returns can be read.
    const decode = decoderOf(object.kind, definitionOf(object.kind).schema);
    const read = decode(response.body) as Manifest;
    const meant = decode(JSON.parse(JSON.stringify(object))) as Manifest;
    expect(read.spec).toEqual(meant.spec);
  });
});

describe('bad manifests', () => {
  test.each(badVectors.filter(({ by }) => by === 'rule'))(
    '$object.kind: $name',
    async ({ object, path, message }) => {
      const response = await dryRunCreate(object);
      expect(response.status).toBe(422);
      expect(causesOf(response)).toEqual([
        { field: path, message: expect.stringContaining(message) },
      ]);
    },
  );

  // Of a wrong shape the API server may speak twice, once at the field and once in general.
  test.each(badVectors.filter(({ by }) => by === 'schema'))(
    '$object.kind: $name',
    async ({ object, path, message }) => {
      const response = await dryRunCreate(object);
      expect(response.status).toBe(422);
      const causes = causesOf(response).filter(({ field }) => field !== '(root)');
      expect(new Set(causes.map(({ field }) => field))).toEqual(new Set([path]));
      expect(causes.map((cause) => cause.message).join('\n')).toContain(message);
    },
  );

  test.each(badVectors.filter(({ by }) => by === 'api'))(
    '$object.kind: $name',
    async ({ object, path }) => {
      const response = await dryRunCreate(object);
      expect(response).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining(`unknown field "${path}"`) },
      });
    },
  );
});

/** Creates an object under a name of its own, unless the name means something. */
async function createForReal(object: Manifest, status: object | undefined): Promise<string> {
  const suffix = randomBytes(6).toString('hex');
  const own = object.kind !== 'IOPlacement';
  const name = own ? `${object.metadata.name}-${suffix}` : object.metadata.name;
  const collection = collectionOf(object.kind);
  const path = `${collection}/${name}`;
  if (!own) await api.send('DELETE', path);
  const response = await api.send('POST', `${collection}?${strict}`, {
    ...object,
    metadata: { name },
  });
  if (response.status !== 201) throw new Error(`it was refused: ${JSON.stringify(response)}`);
  created.push(path);
  if (status === undefined) return path;
  const patched = await mergePatch(`${path}/status?${strict}`, { status });
  if (patched.status !== 200) throw new Error(`the status was refused: ${JSON.stringify(patched)}`);
  return path;
}

const mergePatch = (path: string, patch: object): Promise<ApiResponse> =>
  api.send('PATCH', path, patch, 'application/merge-patch+json');

describe('changes', () => {
  test.each(transitions.filter(({ refused }) => refused !== undefined))(
    'refused: $name',
    async ({ from, status, change, refused }) => {
      const path = await createForReal(from, status);
      const target = change.status === undefined ? path : `${path}/status`;
      const response = await mergePatch(`${target}?dryRun=All&${strict}`, change);
      expect(response.status).toBe(422);
      expect(causesOf(response)).toContainEqual({
        field: refused?.path,
        message: expect.stringContaining(refused?.message ?? ''),
      });
    },
  );

  test.each(transitions.filter(({ refused }) => refused === undefined))(
    'taken: $name',
    async ({ from, status, change }) => {
      const path = await createForReal(from, status);
      const target = change.status === undefined ? path : `${path}/status`;
      expect(await mergePatch(`${target}?dryRun=All&${strict}`, change)).toMatchObject({
        status: 200,
      });
    },
  );
});

/** A list as `kubectl get` asks for it. */
async function tableOf(path: string): Promise<{ columns: string[]; rows: unknown[][] }> {
  const options = {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    method: 'GET',
  };
  const { kubeConfig } = testCluster();
  await kubeConfig.applyToHTTPSOptions(options);
  const url = `${kubeConfig.getCurrentCluster()?.server}${path}`;
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
  const table = JSON.parse(text) as {
    columnDefinitions: { name: string }[];
    rows: { cells: unknown[] }[];
  };
  return {
    columns: table.columnDefinitions.map(({ name }) => name),
    rows: table.rows.map(({ cells }) => cells),
  };
}

describe('kubectl get', () => {
  const since = '2026-11-23T10:00:00Z';
  const condition = (type: string, reason: string, message = '') => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: since,
  });

  test('an IOCluster says whether, why, where, how many, at what price, since when', async () => {
    const smallest = goodVectors.find(({ name }) => name === 'the smallest one');
    if (smallest === undefined) throw new Error('no smallest IOCluster');
    const path = await createForReal(smallest.object, {
      conditions: [condition('Ready', 'Ready'), condition('Admitted', 'Admitted', 'all is well')],
      quote: { devices: 1, priceMicroUsdPerHour: 2_400_000 },
      lease: {
        id: 'lease-0123456789abcdef',
        generation: 1,
        member: 'amsterdam',
        placement: 'lease-0123456789abcdef',
        startTime: new Date(Date.now() - 7_500_000).toISOString(),
        devices: 1,
        priceMicroUsdPerHour: 2_400_000,
      },
      spend: {
        asset: 'USDC',
        settled: '1.00',
        held: '4.906',
        unsettled: '0.25',
        summary: '1.25 USDC',
        time: since,
      },
      workers: { desired: 1, ready: 1, summary: '1/1' },
    });
    const { columns, rows } = await tableOf(path);
    expect(columns).toEqual([
      'Name',
      'Ready',
      'Reason',
      'Member',
      'Workers',
      'GPUs',
      'MicroUSD/h',
      'Spent',
      'Leased',
      'Age',
      'Lease',
      'Endpoint',
      'Admitted',
      'Funded',
    ]);
    expect(rows).toEqual([
      [
        path.split('/').at(-1),
        'True',
        'Ready',
        'amsterdam',
        '1/1',
        1,
        2_400_000,
        '1.25 USDC',
        expect.stringMatching(/^12[5-6]m$/),
        expect.stringMatching(/^[0-9]+s$/),
        'lease-0123456789abcdef',
        null,
        'all is well',
        null,
      ],
    ]);
  });

  test.each(definitions)('the columns of $kind are those of its schema', async (definition) => {
    const { columns } = await tableOf(collectionOf(definition.kind));
    const own = definition.printerColumns.map(({ name }) => name);
    expect(columns).toEqual(['Name', ...own]);
  });
});

describe('examples', () => {
  const files = readdirSync(examplesFolder).filter((name) => name.endsWith('.yaml'));

  test('there is one for each way of renting', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'autoscaled-inference.yaml',
        'by-country.yaml',
        'smallest.yaml',
        'spot.yaml',
        'training-16-gpus.yaml',
      ]),
    );
  });

  test.each(files)('%s is taken as it stands', async (file) => {
    const documents = parseAllDocuments(readFileSync(join(examplesFolder, file), 'utf8'));
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) {
      const object = document.toJS() as Manifest;
      const response = await dryRunCreate(object);
      expect(response).toMatchObject({ status: 201 });
      const decode = decoderOf(object.kind, definitionOf(object.kind).schema);
      expect(decode(response.body)).toMatchObject({ metadata: { name: object.metadata.name } });
    }
  });
});
