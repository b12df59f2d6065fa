import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeIOPlacement, type IOPlacement } from '../../../crds/schema/index.ts';
import { TunnelError } from '../../ports/tunnel.ts';
import { buildPlacementSpec } from '../../testing/builders/placement-spec.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { leaseHeads, type RunningRayCluster } from './lease-heads.ts';
import { RayTokens } from './ray-tokens.ts';

const { leaseId, tenant } = buildPlacementSpec();
const namespace = `io-tenant-${tenant}`;

function placement(version: string, metadata: object = {}): IOPlacement {
  const spec = { ...buildPlacementSpec(), ray: { version, image: 'rayproject/ray:1' } };
  return decodeIOPlacement({
    ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOPlacement', spec },
    metadata: { name: leaseId, namespace: 'io-member-fra-1', ...metadata },
  });
}

const running = (facts: Partial<RunningRayCluster> = {}): RunningRayCluster => ({
  metadata: { namespace },
  status: { head: { serviceIP: '10.96.0.7', podIP: '10.244.0.9' } },
  ...facts,
});

type Facts = Readonly<{
  placement: IOPlacement | undefined;
  rayCluster: RunningRayCluster | undefined;
  isFenced: boolean;
}>;

const usual: Facts = { placement: placement('2.52.1'), rayCluster: running(), isFenced: false };

function headsOf(facts: Partial<Facts>) {
  const found = { ...usual, ...facts };
  return leaseHeads({
    placement: (lease) => (lease === leaseId ? found.placement : undefined),
    rayCluster: (lease) => (lease === leaseId ? found.rayCluster : undefined),
    isFenced: () => found.isFenced,
    tokens: {
      of: async (lease, from) => `token-of-${lease}-in-${from}`,
      distrust: () => undefined,
    },
  });
}

describe('the head of a lease', () => {
  const bearer = `Bearer token-of-${leaseId}-in-${namespace}`;
  test.each<['dashboard' | 'serve' | 'client', string, string | undefined]>([
    ['dashboard', '2.52.1', bearer],
    ['client', '2.52.1', bearer],
    ['serve', '2.52.1', undefined],
    ['dashboard', '2.51.0', undefined],
  ])('is asked for %s of Ray %s with what it asks for', async (service, version, authorization) => {
    const heads = headsOf({ placement: placement(version) });
    expect(await heads.headOf(leaseId, service)).toEqual({ host: '10.96.0.7', authorization });
  });

  const leaving = { deletionTimestamp: '2026-11-23T00:00:00Z' };
  test.each<[string, Partial<Facts>]>([
    ['it is placed here no more', { placement: undefined }],
    ['its placement is being deleted', { placement: placement('2.52.1', leaving) }],
    ['nothing runs', { rayCluster: undefined }],
    [
      'what runs is being deleted',
      { rayCluster: running({ metadata: { namespace, ...leaving } }) },
    ],
    [
      'what runs under its name is another tenant’s',
      { rayCluster: running({ metadata: { namespace: 'io-tenant-0000000000000000' } }) },
    ],
    ['it is fenced', { isFenced: true }],
  ])('is nowhere when %s', async (_sentence, facts) => {
    expect(await headsOf(facts).headOf(leaseId, 'dashboard')).toBeUndefined();
  });

  test('is nowhere for a lease of another member', async () => {
    expect(await headsOf({}).headOf('lease-ffffffffffffffff', 'serve')).toBeUndefined();
  });

  test.each([{}, { podIP: '127.0.0.1' }, { serviceIP: 'None', podIP: '169.254.169.254' }])(
    'is not reached at %j',
    async (head) => {
      const heads = headsOf({ rayCluster: running({ status: { head } }) });
      await expect(heads.headOf(leaseId, 'serve')).rejects.toBeInstanceOf(TunnelError);
    },
  );
});

describe("Ray's token", () => {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  let asked: string[];
  let token: string | undefined;
  let clock: ManualClock;
  let tokens: RayTokens;

  beforeEach(() => {
    [asked, token, clock] = [[], 'first', new ManualClock()];
    tokens = new RayTokens({
      local: {
        get: async (resource, name, from) => {
          asked.push(`${from}/${name}`);
          const data = { auth_token: Buffer.from(token ?? '').toString('base64') };
          const secret = { ...{ apiVersion: 'v1', kind: 'Secret' }, metadata: { name }, data };
          return token === undefined ? undefined : (resource.decode?.(secret) ?? (secret as never));
        },
      },
      ...{ clock, logger },
    });
  });

  test('is read once from the Secret of the RayCluster', async () => {
    const both = await Promise.all([tokens.of(leaseId, namespace), tokens.of(leaseId, namespace)]);
    expect([both, asked]).toEqual([['first', 'first'], [`${namespace}/${leaseId}`]]);
  });

  test('that the head did not take is read anew, and not more often than every five seconds', async () => {
    await tokens.of(leaseId, namespace);
    token = 'second';
    tokens.distrust(leaseId);
    expect(await tokens.of(leaseId, namespace)).toBe('first');
    await clock.advance(5_000);
    expect(await tokens.of(leaseId, namespace)).toBe('second');
    expect(asked).toHaveLength(2);
  });

  test.each([undefined, '', 'two\r\nlines', 'x'.repeat(1_025)])(
    'is none when it is %j',
    async (bad) => {
      token = bad;
      await expect(tokens.of(leaseId, namespace)).rejects.toMatchObject({ status: 503 });
      await expect(tokens.of(leaseId, namespace)).rejects.toMatchObject({ status: 503 });
      expect(asked).toHaveLength(1);
    },
  );

  test('of a lease that has ended is forgotten', async () => {
    await tokens.of(leaseId, namespace);
    tokens.forget(leaseId);
    token = 'of another cluster';
    await expect(tokens.of(leaseId, namespace)).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(2);
  });
});
