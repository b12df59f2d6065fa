import { describe, expect, test } from '@jest/globals';
import type { IOMember } from '../../../crds/schema/index.ts';
import { clusterProfile } from './cluster-profile.ts';

type Status = NonNullable<IOMember['status']>;

function member({
  spec = {},
  status,
  deletionTimestamp,
}: {
  spec?: Partial<IOMember['spec']>;
  status?: Partial<Status>;
  deletionTimestamp?: string;
} = {}): IOMember {
  return {
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name: 'fra-1', ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    spec: {
      ...{ accepted: true, denied: false, enrolment: 1, cordoned: false },
      ...{ location: { country: 'DE' }, certifications: [], offers: [] },
      ...spec,
    },
    ...(status === undefined ? {} : { status: { conditions: [], ...status } }),
  };
}

const connected = (status: 'True' | 'False', reason: string): Partial<Status> => ({
  conditions: [
    {
      ...{ type: 'Connected', status, reason, message: 'x', observedGeneration: 1 },
      lastTransitionTime: '2026-11-25T00:00:00Z',
    },
  ],
});

const models = (count: number): Status['capacity'] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ model: `M${String(index).padStart(3, '0')}`, devices: 9, verified: 8 },
    ...{ leased: index, free: 0 },
  }));

describe('clusterProfile', () => {
  test.each([
    ['not accepted', { spec: { accepted: false } }],
    ['denied', { spec: { denied: true } }],
    ['on its way out', { deletionTimestamp: '2026-11-25T00:00:00Z' }],
  ])('a member that is %s has none', (_, of) => {
    expect(clusterProfile(member(of))).toBeUndefined();
  });

  test.each([
    ['nothing known', undefined, 'Unknown NeverConnected'],
    ['never heard', connected('False', 'NeverConnected'), 'Unknown NeverConnected'],
    ['heard', connected('True', 'HeartbeatsArrive'), 'True HeartbeatsArrive'],
    ['lost', connected('False', 'NoHeartbeat'), 'False NoHeartbeat'],
    ['another cluster', connected('False', 'OtherCluster'), 'False OtherCluster'],
  ])('%s', (_, status, expected) => {
    const { healthy } = clusterProfile(member(status === undefined ? {} : { status })) ?? {};
    expect(`${healthy?.status} ${healthy?.reason}`).toBe(expected);
  });

  test('says where it is, what it holds, and how many verified devices it has', () => {
    const of = member({
      spec: {
        displayName: 'Frankfurt',
        location: { country: 'DE', region: 'eu-central' },
        certifications: ['SOC2', 'ISO27001'],
      },
      status: {
        versions: { kubernetes: 'v1.37.2' },
        capacity: [
          { model: 'L4', devices: 4, verified: 0, leased: 0, free: 0 },
          { model: 'H100-80GB-HBM3', devices: 8, verified: 7, leased: 2, free: 5 },
        ],
      },
    });
    expect(clusterProfile(of)).toMatchObject({
      displayName: 'Frankfurt',
      kubernetes: 'v1.37.2',
      properties: [
        { name: 'compute.io.net/country', value: 'DE' },
        { name: 'compute.io.net/region', value: 'eu-central' },
        { name: 'compute.io.net/certifications', value: 'ISO27001,SOC2' },
        { name: 'compute.io.net/devices.H100-80GB-HBM3', value: '7' },
      ],
    });
    expect(clusterProfile(member())?.displayName).toBe('fra-1');
  });

  test('a lease changes nothing in it', () => {
    const capacity = { model: 'L4', devices: 4, verified: 4 };
    const before = member({ status: { capacity: [{ ...capacity, leased: 0, free: 4 }] } });
    const after = member({ status: { capacity: [{ ...capacity, leased: 3, free: 1 }] } });
    expect(clusterProfile(after)).toEqual(clusterProfile(before));
  });

  test('is bounded, and says what it leaves out', () => {
    const certifications = Array.from({ length: 32 }, (_, index) => `${'C'.repeat(60)}${index}`);
    const of = member({ spec: { certifications }, status: { capacity: models(70) ?? [] } });
    const properties = clusterProfile(of)?.properties ?? [];
    expect(properties).toHaveLength(2 + 64 + 1);
    expect(properties.at(-1)).toEqual({ name: 'compute.io.net/models-omitted', value: '6' });
    const [, listed] = properties;
    expect(listed?.value.length).toBeLessThanOrEqual(1024);
    expect(listed?.value).toMatch(/^(C{60}\d+,)*C{60}\d+$/);
  });
});
