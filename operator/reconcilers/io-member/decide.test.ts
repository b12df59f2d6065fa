import { describe, expect, test } from '@jest/globals';
import { decodeIOMember, type IOMember } from '../../../crds/schema/index.ts';
import { decide, type Observed } from './decide.ts';

const lostMs = 40_000;

function member(spec: Record<string, unknown> = {}): IOMember {
  return decodeIOMember({
    apiVersion: 'compute.io.net/v1alpha1',
    kind: 'IOMember',
    metadata: { name: 'fra-1' },
    spec: {
      accepted: true,
      location: { country: 'DE' },
      offers: [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_500_000 }],
      ...spec,
    },
  });
}

function observed(patch: Partial<Observed> = {}): Observed {
  const heard = { heartbeatAgeMs: 1000, versions: {}, metering: undefined };
  return { member: member(), ...heard, products: [], ...patch };
}

/** Its agent metered once. */
const metered = {
  ...member(),
  status: {
    conditions: [
      {
        ...{ type: 'Metering', status: 'True', reason: 'Recording', message: 'x' },
        lastTransitionTime: '2026-11-23T10:00:00Z',
      },
    ],
  },
} as IOMember;

const reasons = (patch: Partial<Observed>): Record<string, string> =>
  Object.fromEntries(
    decide(observed(patch), lostMs).conditions.map(({ type, status, reason }) => [
      type,
      `${status} ${reason}`,
    ]),
  );

describe('an IOMember', () => {
  test.each<[string, Partial<Observed>, Record<string, string>]>([
    [
      'that is accepted and heard takes leases',
      {},
      {
        Accepted: 'True Accepted',
        Connected: 'True HeartbeatsArrive',
        Schedulable: 'True Schedulable',
      },
    ],
    [
      'that nobody accepted gets nothing, though it is heard',
      { member: member({ accepted: false }) },
      {
        Accepted: 'False NotAccepted',
        Connected: 'False NotAccepted',
        Schedulable: 'False NotAccepted',
      },
    ],
    [
      'that was never heard is not taken for lost',
      { heartbeatAgeMs: undefined },
      { Connected: 'Unknown NeverConnected', Schedulable: 'False NotConnected' },
    ],
    [
      'is heard up to the last millisecond of the time it has',
      { heartbeatAgeMs: lostMs },
      { Connected: 'True HeartbeatsArrive' },
    ],
    [
      'is lost one millisecond later',
      { heartbeatAgeMs: lostMs + 1 },
      { Connected: 'False NoHeartbeat', Schedulable: 'False NotConnected' },
    ],
    [
      'that is cordoned keeps its connection and takes nothing new',
      { member: member({ cordoned: true }) },
      { Connected: 'True HeartbeatsArrive', Schedulable: 'False Cordoned' },
    ],
    [
      'that records usage says so',
      { metering: 'Recording' },
      { Metering: 'True Recording', Schedulable: 'True Schedulable' },
    ],
    [
      'whose spool is full says so, and takes nothing that could not be billed',
      { metering: 'SpoolFull' },
      { Metering: 'False SpoolFull', Schedulable: 'False NotMetering' },
    ],
    [
      'whose spool has failed does the same',
      { metering: 'SpoolFailed' },
      { Metering: 'False SpoolFailed', Schedulable: 'False NotMetering' },
    ],
    [
      'that is lost says nothing of its spool any more',
      { metering: 'SpoolFull', heartbeatAgeMs: lostMs + 1 },
      { Metering: 'Unknown NotConnected', Schedulable: 'False NotConnected' },
    ],
    [
      'that does not meter any more says so',
      { member: metered },
      { Metering: 'Unknown NotMetered', Schedulable: 'True Schedulable' },
    ],
    [
      'without prices has nothing to rent',
      { member: member({ offers: [] }) },
      { Schedulable: 'False NoOffers' },
    ],
  ])('%s', (_, patch, expected) => {
    expect(reasons(patch)).toMatchObject(expected);
  });

  test('is looked at again just after it would be lost', () => {
    expect(decide(observed({ heartbeatAgeMs: 10_000 }), lostMs).requeueAfterMs).toBe(30_001);
  });

  test('counts what cannot be named in the totals only', () => {
    const products = [
      {
        product: 'H100-80GB-HBM3',
        model: 'H100-80GB-HBM3',
        devices: 8,
        verified: 8,
        leased: 3,
        free: 5,
      },
      { product: 'unknown', model: '', devices: 2, verified: 0, leased: 0, free: 0 },
    ];
    const decision = decide(observed({ products }), lostMs);
    expect(decision.capacity.map(({ model }) => model)).toEqual(['H100-80GB-HBM3']);
    expect(decision.devices).toEqual({ total: 10, free: 5, leased: 3 });
  });

  test('has its access taken when it is no longer accepted', () => {
    expect(decide(observed(), lostMs).access).toBe('grant');
    const refused = observed({ member: member({ accepted: false }) });
    expect(decide(refused, lostMs).access).toBe('revoke');
  });
});
