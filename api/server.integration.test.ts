import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthority, issueCertificate } from '../hack/federation/certificate.ts';
import type { HeartbeatReport, UsageReport } from '../operator/domain/metering/types.ts';
import { StoreUnavailableError, TooManyDeadLettersError } from '../operator/ports/store-errors.ts';
import type { HeartbeatResult, IntakeReceipt } from '../operator/ports/usage-intake.ts';
import { eventually } from '../operator/testing/eventually.ts';
import { agentCertificate, answerOf, IntakeServer } from './testing/intake-server.ts';

const now = 1_800_000_000_000;
const usage: UsageReport = {
  spoolId: 'spool-0123456789abcdef',
  sequence: 1,
  sentAtMs: now - 40,
  observedUntilSeconds: now / 1000,
  changes: [],
};
const heartbeat: HeartbeatReport = {
  minute: now / 60_000,
  sentAtMs: now,
  rosterHash: 'a'.repeat(64),
  up: 'Aw==',
};
const heartbeats = '/v1/intake/heartbeats';

let reports: [string, UsageReport, number][];
let onReport: () => Promise<IntakeReceipt>;
let onHeartbeat: () => Promise<HeartbeatResult>;
let logged: string[];
let intake: IntakeServer;

beforeEach(async () => {
  reports = [];
  logged = [];
  onReport = async () => ({ accepted: 0, duplicate: 0, rejected: [] });
  onHeartbeat = async () => 'Stored';
  intake = await IntakeServer.start(
    {
      report: (...call) => {
        reports.push(call);
        return onReport();
      },
      heartbeat: () => onHeartbeat(),
    },
    { now: () => now, limits: { requests: 3, bytes: 2 ** 20, requestsPerMember: 2 }, logged },
  );
});
afterEach(async () => {
  intake.server.server.closeAllConnections();
  await intake.server.close();
});

describe('who may send', () => {
  test('the member is read from the certificate, the hub time is told', async () => {
    onReport = async () => ({ accepted: 3, duplicate: 1, rejected: [] });
    expect(await intake.send({ client: intake.agent('frankfurt-1'), body: usage })).toMatchObject({
      status: 200,
      body: { receivedAtMs: now, accepted: 3, duplicate: 1, rejected: [] },
    });
    expect(reports).toEqual([['frankfurt-1', usage, now]]);
    expect(intake.counted).toContain('accepted 3');
    await eventually(() => expect(intake.counted).toContain('in flight 0 0'));
  });

  test.each([
    ['no certificate', () => null, 401, 'ClientCertificateRequired'],
    [
      'another CA with the same name',
      () => agentCertificate(createAuthority('hub', 1), 'a'),
      401,
      'ClientCertificateRequired',
    ],
    [
      'no member',
      () =>
        issueCertificate(intake.authority, { commonName: 'compute.io.net:hub', validDays: 3_650 }),
      403,
      'NotAMember',
    ],
    [
      'a member outside of the group',
      () =>
        issueCertificate(intake.authority, {
          commonName: 'compute.io.net:member:a:1',
          organizations: ['system:masters'],
          validDays: 3_650,
        }),
      403,
      'NotAMember',
    ],
  ])('%s is refused', async (_, client, status, reason) => {
    const answer = await intake.send({ client: client(), body: usage });
    expect(answer).toMatchObject({ status, body: { status, reason } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(reports).toEqual([]);
    expect(intake.counted).toContain(`refused ${reason}`);
  });

  test('a certificate that ends while the connection goes on is refused', async () => {
    const late = await IntakeServer.start(
      { report: onReport, heartbeat: onHeartbeat },
      { now: () => Date.now() + 4_000 * 86_400_000 },
    );
    try {
      const { body } = await late.send({ body: usage });
      expect(body).toMatchObject({
        reason: 'ClientCertificateRequired',
        detail: expect.stringContaining('expired'),
      });
    } finally {
      await late.server.close();
    }
  });

  test('TLS 1.2 is not spoken', async () => {
    await expect(intake.send({ body: usage, maxVersion: 'TLSv1.2' })).rejects.toMatchObject({
      code: expect.stringMatching(/PROTO|ALERT/),
    });
  });
});

describe('what is refused, and how', () => {
  test.each([
    ['another path', { path: '/v1/intake' }, 404, 'NotFound'],
    ['another method', { method: 'GET' }, 405, 'MethodNotAllowed'],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType'],
    ['compressed', { headers: { 'content-encoding': 'gzip' } }, 415, 'UnsupportedMediaType'],
    ['no JSON', { body: '{"a":' }, 400, 'Malformed'],
    ['nothing', { body: '' }, 400, 'Malformed'],
    ['a prototype', { body: '{"__proto__":{"a":1}}' }, 400, 'Malformed'],
    ['a wrong field', { body: { ...usage, sequence: 0 } }, 400, 'ValidationFailed'],
    ['a clock that is fast', { body: { ...usage, sentAtMs: now + 120_001 } }, 422, 'ClockSkew'],
    ['a clock that is slow', { body: { ...usage, sentAtMs: now - 120_001 } }, 422, 'ClockSkew'],
    [
      'a watermark ahead',
      { body: { ...usage, observedUntilSeconds: now / 1000 + 121 } },
      422,
      'WatermarkInTheFuture',
    ],
    [
      'a minute ahead',
      { path: heartbeats, body: { ...heartbeat, minute: heartbeat.minute + 3 } },
      422,
      'MinuteOutOfRange',
    ],
    [
      'a minute too old',
      { path: heartbeats, body: { ...heartbeat, minute: heartbeat.minute - 50_401 } },
      422,
      'MinuteOutOfRange',
    ],
  ])('%s', async (_, sent, status, reason) => {
    const answer = await intake.send({ body: usage, ...sent });
    expect(answer).toMatchObject({ status, body: { status, reason } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body['type']).toBe(`urn:compute.io.net:problem:${reason}`);
    expect(reports).toEqual([]);
  });

  test('a body that is too large is refused before it was sent', async () => {
    const request = intake.open({ headers: { 'content-length': String(2 ** 20 + 1) } });
    const answer = answerOf(request);
    request.flushHeaders();
    // The bytes in flight are bounded as well, and by less than this.
    expect(await answer).toMatchObject({ status: 503, body: { reason: 'Overloaded' } });
    request.destroy();
    const other = await IntakeServer.start({ report: onReport, heartbeat: onHeartbeat });
    const larger = other.open({ headers: { 'content-length': String(2 ** 20 + 1) } });
    larger.flushHeaders();
    expect(await answerOf(larger)).toMatchObject({ status: 413, body: { reason: 'BodyTooLarge' } });
    larger.destroy();
    await other.server.close();
  });

  test('a body without a length is refused', async () => {
    const request = intake.open({ headers: { 'transfer-encoding': 'chunked' } });
    const answer = answerOf(request);
    request.end(JSON.stringify(usage));
    expect(await answer).toMatchObject({ status: 411, body: { reason: 'LengthRequired' } });
  });

  test('the offset of the clock is told, and the method that is right', async () => {
    const { body } = await intake.send({ body: { ...usage, sentAtMs: now + 180_000 } });
    expect(body).toMatchObject({ offsetMs: 180_000, limitMs: 120_000, receivedAtMs: now });
    expect(intake.counted).toContain('skew 180');
    expect((await intake.send({ method: 'GET' })).headers['allow']).toBe('POST');
  });

  test('each wrong field is told', async () => {
    const { body } = await intake.send({ body: { ...usage, sequence: 'x', spoolId: 1 } });
    expect(body['errors']).toEqual([
      { field: 'spoolId', got: '1', expected: expect.any(String) },
      { field: 'sequence', got: '"x"', expected: expect.any(String) },
    ]);
  });
});

describe('the store', () => {
  test.each([
    [new StoreUnavailableError('secret host', 7), 503, 'StoreUnavailable', '7'],
    [new TooManyDeadLettersError('a'), 429, 'TooManyDeadLetters', '60'],
    [new Error('secret text'), 500, 'Internal', undefined],
  ])('%s', async (error, status, reason, retryAfter) => {
    onReport = async () => {
      throw error;
    };
    const answer = await intake.send({ body: usage });
    expect(answer).toMatchObject({ status, body: { reason } });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  test.each([
    ['Stored', 200],
    ['RosterUnknown', 200],
    ['RosterMismatch', 422],
  ] as const)('a heartbeat that is %s', async (result, status) => {
    onHeartbeat = async () => result;
    expect(await intake.send({ path: heartbeats, body: heartbeat })).toMatchObject({
      status,
      body: status === 200 ? { result, receivedAtMs: now } : { reason: result },
    });
    expect(intake.counted).toContain(`heartbeat ${result}`);
  });
});

describe('at the limit', () => {
  function hold(): () => void {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    onReport = async () => {
      await held;
      return { accepted: 0, duplicate: 0, rejected: [] };
    };
    return release;
  }

  test('a member with two requests waits, all members together too', async () => {
    const release = hold();
    const first = [intake.send({ body: usage }), intake.send({ body: usage })];
    await eventually(() => expect(reports).toHaveLength(2));
    const mine = await intake.send({ body: usage });
    expect(mine).toMatchObject({ status: 429, body: { reason: 'TooManyRequests' } });
    expect(mine.headers['retry-after']).toBe('2');
    const third = intake.send({ client: intake.agent('b'), body: usage });
    await eventually(() => expect(reports).toHaveLength(3));
    const other = await intake.send({ client: intake.agent('c'), body: usage });
    expect(other).toMatchObject({ status: 503, body: { reason: 'Overloaded' } });
    release();
    const answers = await Promise.all([...first, third]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await intake.send({ body: usage })).status).toBe(200);
  });

  test('a client that goes away in its body leaves its place', async () => {
    for (let round = 0; round < 4; round += 1) {
      const request = intake.open({ headers: { 'content-length': '500' } });
      request.on('error', () => undefined);
      request.write('{');
      await eventually(() => expect(intake.counted.at(-1)).toBe('in flight 1 500'));
      request.destroy();
      await eventually(() => expect(intake.counted).toContain('in flight 0 0'));
      intake.counted.length = 0;
    }
    expect((await intake.send({ body: usage })).status).toBe(200);
  });

  test('closing waits for the answers, and takes nothing new', async () => {
    const release = hold();
    const running = intake.send({ body: usage });
    await eventually(() => expect(reports).toHaveLength(1));
    const closed = intake.server.close();
    await expect(intake.send({ body: usage })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();
    expect((await running).status).toBe(200);
    await closed;
  });
});

test('nothing of a body or a certificate is logged', async () => {
  onReport = async () => {
    throw new StoreUnavailableError('connection refused', 5);
  };
  await intake.send({ body: { ...usage, spoolId: 'secret-0123456789abcdef' } });
  expect(logged).toHaveLength(1);
  expect(logged.join('')).not.toContain('secret');
});
