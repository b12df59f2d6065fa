import { describe, expect, test } from '@jest/globals';
import { ioClusterReasons } from '../../../crds/schema/index.ts';
import { place } from '../placement/place.ts';
import type { Refusal } from '../placement/types.ts';
import { buildInventory, buildMember } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import { ioClusterConditions } from './conditions.ts';
import type { MemberReport, Phase } from './phase.ts';

function refusal(wish: Parameters<typeof buildRequest>[0] = {}): Refusal {
  const inventory = buildInventory([{ member: buildMember(), nodes: [{ node: 'n', devices: 1 }] }]);
  const outcome = place(buildRequest({ groups: [buildGroup({ workers: 2 })], ...wish }), inventory);
  if (outcome.kind === 'Placement') throw new Error('it fits');
  return outcome;
}

const lease = {
  id: 'lease-0123456789abcdef',
  generation: 1,
  member: 'fra-1',
  placement: 'lease-0123456789abcdef',
  startTime: '2026-11-23T00:00:00Z',
  devices: 2,
  priceMicroUsdPerHour: 5_000_000,
};
const ok = (reason: string) => ({ ok: true, reason, message: 'as it should be' });
const bad = (reason: string) => ({ ok: false, reason, message: 'the reason why' });
const running: MemberReport = {
  accepted: ok('Accepted'),
  applied: ok('Applied'),
  ready: ok('Ready'),
  workers: { desired: 2, ready: 2 },
};
const leased = (
  report: Partial<MemberReport>,
  facts: Partial<Extract<Phase, { kind: 'Leased' }>> = {},
): Phase => ({
  kind: 'Leased',
  lease,
  report: { ...running, ...report },
  memberConnected: true,
  scaleUpRefusal: undefined,
  ...facts,
});

const waiting = (refused: Refusal): Phase => ({
  kind: 'Waiting',
  refusal: refused,
  quote: undefined,
});

const summary = (phase: Phase) =>
  Object.fromEntries(
    ioClusterConditions(phase).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

const phases: readonly (readonly [string, Phase, Record<string, string>])[] = [
  [
    'runs',
    leased({}),
    {
      Valid: 'True Accepted',
      Admitted: 'True Admitted',
      Placed: 'True Placed',
      Provisioned: 'True Provisioned',
      Ready: 'True Ready',
      Finished: 'False Running',
    },
  ],
  [
    'waits for free devices',
    waiting(refusal()),
    {
      Admitted: 'False NoMatchingDevices',
      Placed: 'False Waiting',
      Provisioned: 'False NotPlaced',
      Ready: 'False NotAdmitted',
    },
  ],
  [
    'waits for a cheaper member',
    waiting(refusal({ maxPriceMicroUsdPerGpuHour: 1n })),
    { Admitted: 'False OverBudget' },
  ],
  [
    'waits for a member where it may run',
    waiting(refusal({ countries: ['NL'] })),
    { Admitted: 'False NoMatchingDevices' },
  ],
  [
    'waits for its quota',
    waiting(refusal({ quotaRemainingDevices: 0 })),
    { Admitted: 'False QuotaExceeded' },
  ],
  [
    'is not valid',
    { kind: 'Invalid', reason: 'AccountNotFound', message: 'no account' },
    { Valid: 'False AccountNotFound', Admitted: 'False Invalid', Ready: 'False Invalid' },
  ],
  [
    'is suspended',
    { kind: 'Suspended', releasing: false },
    {
      Valid: 'True Accepted',
      Admitted: 'False Suspended',
      Placed: 'False Suspended',
      Provisioned: 'False NotPlaced',
      Ready: 'False Suspended',
    },
  ],
  [
    'is suspended and being taken down',
    { kind: 'Suspended', releasing: true },
    { Provisioned: 'False Releasing' },
  ],
  [
    'has come to its end',
    { kind: 'Finished', message: 'the ttl has passed', releasing: true },
    { Finished: 'True TTLExpired', Ready: 'False Finished', Provisioned: 'False Releasing' },
  ],
  [
    'is refused by the member',
    { kind: 'Releasing', cause: 'RefusedByMember', message: 'no' },
    {
      Admitted: 'False Pending',
      Placed: 'False Released',
      Provisioned: 'False RefusedByMember',
      Ready: 'False NotPlaced',
    },
  ],
  [
    'has not been answered by the agent',
    leased({ accepted: undefined, applied: undefined, ready: undefined }),
    { Placed: 'True Placed', Provisioned: 'False Applying', Ready: 'False NotProvisioned' },
  ],
  [
    'is starting its head',
    leased({ ready: bad('HeadNotReady') }),
    { Provisioned: 'True Provisioned', Ready: 'False HeadNotReady' },
  ],
  [
    'is starting its workers',
    leased({ ready: bad('WorkersNotReady') }),
    { Ready: 'False WorkersNotReady' },
  ],
  [
    'runs on a member that is silent',
    leased({}, { memberConnected: false }),
    { Provisioned: 'True Provisioned', Ready: 'Unknown MemberUnreachable' },
  ],
  [
    'runs and cannot grow',
    leased({}, { scaleUpRefusal: refusal() }),
    { Placed: 'True ScaleUpWaiting', Ready: 'True Ready' },
  ],
];

describe('a cluster that', () => {
  test.each(phases)('%s', (_sentence, phase, expected) => {
    expect(summary(phase)).toMatchObject(expected);
  });
});

test('every phase says all six conditions, with reasons that the API lists', () => {
  for (const [, phase] of phases) {
    const conditions = ioClusterConditions(phase);
    expect(conditions.map(({ type }) => type)).toEqual(Object.keys(ioClusterReasons));
    expect(conditions.filter(({ type, reason }) => !(reason in ioClusterReasons[type]))).toEqual(
      [],
    );
    expect(conditions.filter(({ message }) => message === '' || message.length > 1024)).toEqual([]);
  }
});
