import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EvidenceReport } from '../operator/domain/evidence/types.ts';
import { StoreUnavailableError } from '../operator/ports/store-errors.ts';
import type { EvidenceReceipt } from '../operator/ports/evidence-store.ts';
import { IntakeServer } from './testing/intake-server.ts';

const now = 1_800_000_000_000;
const path = '/v1/intake/evidence';
const device = { leaseId: 'lease-1', device: 'a-gpu-0', samples: 10, xidCount: 0 };
const report: EvidenceReport = {
  bucketStartSeconds: now / 1000 - 3_600,
  sentAtMs: now,
  devices: [{ ...device, utilAvgPercent: 93, utilMaxPercent: 100, fbUsedMaxMiB: 7 }],
};

let intake: IntakeServer;
let reports: [member: string, report: EvidenceReport][];
let onEvidence: () => Promise<EvidenceReceipt>;

beforeAll(async () => {
  intake = await IntakeServer.start(
    {
      report: () => Promise.reject(new Error('not usage')),
      heartbeat: () => Promise.reject(new Error('no heartbeat')),
    },
    {
      now: () => now,
      evidence: (...call) => {
        reports.push(call);
        return onEvidence();
      },
    },
  );
});
afterAll(async () => {
  intake.server.server.closeAllConnections();
  await intake.server.close();
});
beforeEach(() => {
  reports = [];
  onEvidence = async () => ({ stored: 1, refused: 0 });
  intake.counted.length = 0;
});

test('evidence goes to the store under the name in the certificate', async () => {
  onEvidence = async () => ({ stored: 2, refused: 1 });
  const client = intake.agent('frankfurt-1');
  expect(await intake.send({ path, client, body: report })).toMatchObject({
    status: 200,
    body: { receivedAtMs: now, stored: 2, refused: 1 },
  });
  expect(reports).toEqual([['frankfurt-1', report]]);
  expect(intake.counted).toEqual(
    expect.arrayContaining(['evidence stored 2', 'evidence refused 1']),
  );
  const answered = await intake.send({ path, client: null, body: report });
  expect(answered).toMatchObject({ status: 401 });
});

describe('refused is', () => {
  const of = (fields: object) => ({ ...report, devices: [{ ...device, ...fields }] });
  const at = (seconds: number) => ({ ...report, bucketStartSeconds: now / 1000 + seconds });
  test.each([
    ['a member in the body', { ...report, member: 'b' }, 400, 'ValidationFailed'],
    ['nothing', { ...report, devices: [] }, 400, 'ValidationFailed'],
    ['a device twice', { ...report, devices: [device, device] }, 400, 'ValidationFailed'],
    ['half a bucket', at(-500), 400, 'ValidationFailed'],
    ['101 percent', of({ utilAvgPercent: 101 }), 400, 'ValidationFailed'],
    ['no sample', of({ samples: 0 }), 400, 'ValidationFailed'],
    ['a sentinel', of({ powerAvgWatt: 2_147_483_632 }), 400, 'ValidationFailed'],
    ['more XIDs than samples', of({ lastXid: 1, xidCount: 11 }), 400, 'ValidationFailed'],
    ['an XID that was not seen', of({ lastXid: 1 }), 400, 'ValidationFailed'],
    [
      'too many devices',
      { ...report, devices: Array.from({ length: 2_001 }, () => device) },
      400,
      'ValidationFailed',
    ],
    ['a clock that is slow', { ...report, sentAtMs: now - 120_001 }, 422, 'ClockSkew'],
    ['an hour that is not over', at(0), 422, 'BucketOutOfRange'],
    ['what is older than a day', at(-90_000), 422, 'BucketOutOfRange'],
  ])('%s', async (_, body, status, reason) => {
    const answer = await intake.send({ path, body });
    expect(answer).toMatchObject({ status, body: { status, reason } });
    expect(reports).toEqual([]);
  });

  test('each with the field and what would be right', async () => {
    const { body } = await intake.send({ path, body: of({ samples: 3_601, lastXid: 'x' }) });
    expect(body['errors']).toEqual([
      { field: 'devices[0].samples', got: '3601', expected: 'a whole number from 1 to 3600' },
      { field: 'devices[0].lastXid', got: '"x"', expected: 'a whole number from 1 to 9999' },
    ]);
  });
});

test('a store that is away asks to come again', async () => {
  onEvidence = () => Promise.reject(new StoreUnavailableError('away', 7));
  const answer = await intake.send({ path, body: report });
  expect(answer).toMatchObject({ status: 503, body: { reason: 'StoreUnavailable' } });
  expect(intake.counted).toContain('answered evidence 503');
});
