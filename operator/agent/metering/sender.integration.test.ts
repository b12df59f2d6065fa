import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IntakeServer } from '../../../api/testing/intake-server.ts';
import type { IntervalChange, UsageReport } from '../../domain/metering/types.ts';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import type { IntakeReceipt } from '../../ports/usage-intake.ts';
import { systemClock } from '../../runtime/clock.ts';
import { eventually } from '../../testing/eventually.ts';
import { hastyClock } from '../../testing/hasty-clock.ts';
import { intakeClient } from './intake-client.ts';
import { Sender } from './sender.ts';
import { Spool } from './spool.ts';
import { spoolDirectory } from './spool-files.ts';

const change = (number: number): IntervalChange => ({
  kind: 'Opened',
  leaseId: 'lease-0123456789abcdef',
  podUid: '0a0b0c0d-0000-4000-8000-000000000001',
  device: `gpu-${number}`,
  startSeconds: 1_800_000_000,
});
const nothing: IntakeReceipt = { accepted: 0, duplicate: 0, rejected: [] };

let directory: string;
let server: IntakeServer;
let spool: Spool;
let stop: AbortController;
let running: Promise<void>;
let received: [member: string, report: UsageReport][];
let counted: string[];
let logged: string[];
/** What the hub does with a report, after it has noted it. */
let onReport: (report: UsageReport) => Promise<IntakeReceipt>;
let hubClock: () => number;
let close: () => Promise<void>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sender-'));
  [received, counted, logged] = [[], [], []];
  onReport = async () => nothing;
  hubClock = Date.now;
  server = await IntakeServer.start(
    {
      report: (member, report) => {
        received.push([member, report]);
        return onReport(report);
      },
      heartbeat: async () => 'Stored',
    },
    { now: () => hubClock() },
  );
  const line = (fields: object, message: string): void =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { debug: line, info: line, warn: line, error: line };
  spool = await Spool.open({
    files: await spoolDirectory(directory),
    randomId: () => 'spool-0123456789abcdef',
    logger,
  });
  const client = intakeClient({
    url: `https://127.0.0.1:${server.port}`,
    credentials: async () => {
      const { certificatePem: cert, keyPem: key } = server.agent('frankfurt-1');
      return { ca: server.authority.certificatePem, cert, key };
    },
    clock: systemClock,
  });
  const sender = new Sender({
    spool,
    client,
    intervalMs: 10_000,
    clock: hastyClock,
    random: () => 0.5,
    metrics: {
      openIntervals: () => undefined,
      spool: () => undefined,
      spoolFull: () => undefined,
      report: (outcome) => void counted.push(outcome),
      clockSkew: (seconds) => void counted.push(`skew ${Math.round(seconds)}`),
    },
    logger,
  });
  stop = new AbortController();
  running = sender.run(stop.signal);
  close = client.close;
});
afterEach(async () => {
  stop.abort();
  await running;
  await close();
  await spool.close();
  server.server.server.closeAllConnections();
  await server.server.close();
  await rm(directory, { recursive: true });
});

async function record(...numbers: number[]): Promise<void> {
  const changes = numbers.map(change);
  await spool.record({ changes, pods: [], gone: [], ends: {} });
}
const sequences = () => received.map(([, { sequence }]) => sequence);
/** A report without the moment in which it was sent. */
const content = ([, report]: [string, UsageReport]) => ({ ...report, sentAtMs: 0 });

test('what is recorded reaches the hub over mutual TLS, by the name in the certificate', async () => {
  await record(1, 2);
  await eventually(() => expect(counted).toContain('acknowledged'));
  expect(received[0]).toMatchObject([
    'frankfurt-1',
    { spoolId: 'spool-0123456789abcdef', sequence: 1, changes: [change(1), change(2)] },
  ]);
  expect(counted).toContain('skew 0');
});

describe('an answer that is lost', () => {
  test('the same report is sent again, unchanged, until one comes', async () => {
    let lost = 0;
    onReport = async () => {
      // The hub has committed it, and then the connection breaks.
      lost += 1;
      if (lost <= 3) server.server.server.closeAllConnections();
      return nothing;
    };
    await record(1);
    await eventually(() => expect(received.length).toBeGreaterThan(1));
    await record(2);
    await eventually(() => expect(counted).toContain('acknowledged'));
    await eventually(() => expect(sequences()).toEqual([1, 1, 1, 1, 2]));
    const [first, ...others] = received.slice(0, 4).map(content);
    expect(others).toEqual([first, first, first]);
    expect(first?.changes).toEqual([change(1)]);
    expect(counted.filter((outcome) => outcome === 'failed')).toHaveLength(3);
  });

  test('a store that is away is waited for', async () => {
    let asked = 0;
    onReport = async () => {
      asked += 1;
      if (asked <= 2) throw new StoreUnavailableError('connection refused', 5);
      return nothing;
    };
    await record(1);
    await eventually(() => expect(counted).toContain('acknowledged'));
    expect(sequences()).toEqual([1, 1, 1]);
    expect(logged.join()).toContain('StoreUnavailable');
  });
});

describe('what can never be taken', () => {
  const bad: IntervalChange = { ...change(3), device: 'GPU 3' };

  test('is found, set aside and told; everything else is taken', async () => {
    const changes = [change(0), change(1), change(2), bad, change(4)];
    await spool.record({ changes, pods: [], gone: [], ends: {} });
    await eventually(() => expect(spool.waitingChanges).toBe(0));
    await record(5);
    await eventually(() => expect(spool.waitingChanges).toBe(0));
    const taken = received.flatMap(([, report]) => report.changes);
    expect(taken.map(({ device }) => device)).toEqual(
      [0, 1, 2, 4, 5].map((number) => `gpu-${number}`),
    );
    expect(sequences()).toEqual(sequences().map((_, index) => index + 1));
    expect(await readFile(join(directory, 'rejected.jsonl'), 'utf8')).toContain('GPU 3');
    expect(counted).toContain('rejected');
    expect(logged.join()).toContain('it is set aside');
  });

  test('a change that goes to the dead letters is told, and holds nothing up', async () => {
    onReport = async ({ changes }) => ({
      accepted: 0,
      duplicate: 0,
      rejected: changes.map((each) => ({
        change: each,
        reason: 'LeaseUnknown' as const,
        message: 'there is no such lease',
      })),
    });
    await record(1);
    await eventually(() => expect(counted).toContain('acknowledged'));
    expect(logged.join()).toContain('dead letters');
  });
});

test('a clock that is wrong stops nothing but the sending, until it is set right', async () => {
  hubClock = () => Date.now() + 300_000;
  await record(1);
  await eventually(() => expect(counted).toContain('clock-skew'));
  expect(counted).toContain('skew -300');
  expect(spool.waitingChanges).toBe(1);
  hubClock = Date.now;
  await eventually(() => expect(counted).toContain('acknowledged'));
  expect(spool.waitingChanges).toBe(0);
});

test('a server with another CA gets nothing', async () => {
  const other = await IntakeServer.start({
    report: async () => nothing,
    heartbeat: async () => 'Stored',
  });
  const { certificatePem: cert, keyPem: key } = server.agent('frankfurt-1');
  const client = intakeClient({
    url: `https://127.0.0.1:${other.port}`,
    credentials: async () => ({ ca: server.authority.certificatePem, cert, key }),
    clock: systemClock,
  });
  await expect(client.post('/v1/intake/usage', {}, stop.signal)).rejects.toMatchObject({
    code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO|CERT/),
  });
  await client.close();
  await other.server.close();
});

test('a renewed certificate is used without a restart', async () => {
  let member = 'a';
  const clock = { ...systemClock, monotonicMs: () => 1e9 * Number(member !== 'a') };
  const client = intakeClient({
    url: `https://127.0.0.1:${server.port}`,
    credentials: async () => {
      const { certificatePem: cert, keyPem: key } = server.agent(member);
      return { ca: server.authority.certificatePem, cert, key };
    },
    clock,
  });
  const report = {
    spoolId: 'spool-0123456789abcdef',
    sequence: 1,
    observedUntilSeconds: 0,
    changes: [],
  };
  for (member of ['a', 'b']) {
    await client.post('/v1/intake/usage', { ...report, sentAtMs: Date.now() }, stop.signal);
  }
  expect(received.map(([name]) => name)).toEqual(['a', 'b']);
  await client.close();
});
