import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { violationsOf } from './decode.ts';
import { computeApiVersion } from './group.ts';
import { ioClusterSchema } from './index.ts';
import { cluster } from './vectors/io-cluster.ts';

/** Specs that each side judges; seeded, so that a failure can be run again. */
const runs = 500;
const seed = 20_261_123;

let api: KubeApi;
let collection: string;

beforeAll(async () => {
  const shared = testCluster();
  api = new KubeApi(shared.adminKubeconfigPath);
  const namespace = await shared.uniqueNamespace('parity');
  collection = `/apis/${computeApiVersion}/namespaces/${namespace}/ioclusters`;
});

afterAll(() => api.close());

/** Right, nearly right, or anything. */
const text = (right: readonly string[], alphabet: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...right) },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.constantFrom(...alphabet.split('')), { maxLength: 6 })
        .map((letters) => letters.join('')),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  );

const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: -1, max });

const some = <Fields extends object>(
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
) => fc.record(fields, { requiredKeys: [] });

const cpu = fc.oneof(count(1100), text(['1', '500m', '0.25', '100m', '99m', '1024'], '0159.mk-'));

const memory = fc.oneof(
  count(300_000_000),
  text(['16Gi', '1.5Gi', '256Mi', '64Ti', '268435456', '300000k'], '0159.mkMGTi'),
);

const numbers = some({
  replicas: count(12),
  minReplicas: count(9),
  maxReplicas: count(12),
  devicesPerWorker: count(17),
});

const devices = some({
  models: fc.array(text(['L4', 'H100-80GB-HBM3'], 'LH1-a'), { maxLength: 3 }),
  migProfile: text(['1g.10gb', '1c.3g.40gb', '1g.10gb.me'], '17cgb.me'),
  nvlink: fc.boolean(),
});

const version = text(['2.52.1', '2.100.0', '3.0.0', '2.51.9'], '0259.');

const image = some({
  image: text(['ray.example:5000/ray:2.52.1', 'ray:latest', 'ray:1', 'ray'], 'ray:/.-@'),
  stack: fc.constantFrom('Ray', 'RayLLM'),
});

const degrees = text(['52.37', '-4.9', '0', '90', '-180', '179.999999'], '-.0189');

const members = fc.array(text(['oslo', 'rome'], 'ab-.'), { maxLength: 2 });

const gpus = fc
  .tuple(numbers, some({ devices }), fc.constantFrom('Any', 'SameNode', 'SameNvlinkDomain'))
  .map(([sizes, kind, topology]) => ({
    workerGroups: [{ name: 'gpu', ...sizes, ...kind }, { name: 'more' }],
    placement: { topology },
  }));

/** Specs of which one aspect is in question and the rest is right. */
const spec: fc.Arbitrary<object> = fc.oneof(
  version.map((value) => ({ ray: { version: value } })),
  image.map((fields) => ({ ray: { version: '2.52.1', ...fields } })),
  cpu.map((value) => ({ head: { cpu: value } })),
  memory.map((value) => ({ head: { memory: value } })),
  gpus,
  fc.record({ enabled: fc.boolean(), sizes: numbers }).map(({ enabled, sizes }) => ({
    autoscaling: { enabled },
    workerGroups: [{ name: 'gpu', ...sizes }],
  })),
  fc
    .array(text(['a', 'b', 'gpu-1'], 'a1-.A'), { minLength: 1, maxLength: 3 })
    .map((names) => ({ workerGroups: names.map((name) => ({ name })) })),
  fc
    .dictionary(text(['num-cpus', 'head'], 'a-1'), fc.string({ maxLength: 4 }))
    .map((rayStartParams) => ({ head: { rayStartParams } })),
  fc
    .array(text(['NL', 'DE', 'XK', 'UK'], 'ABNLZ'), { maxLength: 3 })
    .map((countries) => ({ placement: { countries } })),
  some({ members, excludedMembers: members }).map((placement) => ({ placement })),
  fc
    .record({ latitude: degrees, longitude: degrees })
    .map((from) => ({ placement: { latency: { from, maxMilliseconds: 10 } } })),
  text(['2h30m', '8760h', '8760h1s', '0s', '90m'], '019hms').map((ttl) => ({ lifetime: { ttl } })),
  some({ maxPriceMicroUsdPerGpuHour: count(2000) }).map((budget) => ({ budget })),
);

test('zod takes an IOCluster when and only when the API server does', async () => {
  const verdicts = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(spec, async (fields) => {
      const object = JSON.parse(JSON.stringify(cluster(fields))) as object;
      const violations = violationsOf(ioClusterSchema, object);
      const { status, body } = await api.send('POST', `${collection}?dryRun=All`, object);
      verdicts[status === 201 ? 'taken' : 'refused'] += 1;
      const verdict = { violations, message: body['message'] };
      expect({ ...verdict, taken: violations.length === 0 }).toEqual({
        ...verdict,
        taken: status === 201,
      });
    }),
    { numRuns: runs, seed },
  );
  // Both verdicts have to occur, or nothing was compared.
  expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(runs / 5);
}, 60_000);
