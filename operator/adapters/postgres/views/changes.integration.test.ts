import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { ViewChange } from '../../../ports/views.ts';
import type { ViewKey, ViewWriter } from '../../../ports/view-writer.ts';
import { networkSums } from '../../../domain/views/network.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { silentLogger } from '../../../runtime/logger.ts';
import { eventually } from '../../../testing/eventually.ts';
import {
  startPrivateDatabase,
  type TestDatabase,
  type TestServer,
} from '../../../testing/postgres.ts';
import { type OpenViewChanges, openViewChanges } from './changes.ts';
import { createViewWriter } from './writer.ts';

let server: TestServer;
let database: TestDatabase;
let writer: ViewWriter;
let changes: OpenViewChanges;
let heard: ViewChange[];
let warnings: string[];

beforeAll(async () => {
  server = await startPrivateDatabase({ fsync: 'off' });
}, 90_000);
afterAll(() => server?.stop());

beforeEach(async () => {
  database = await server.database();
  writer = createViewWriter(database.writer);
  heard = [];
  warnings = [];
  const logger = {
    ...silentLogger,
    warn: (_: object, message: string) => void warnings.push(message),
  };
  changes = openViewChanges({ url: database.readerUrl, clock: systemClock, logger });
  changes.subscribe((change) => void heard.push(change));
  await eventually(() => expect(heard).toHaveLength(7));
  heard = [];
});
afterEach(async () => {
  await changes.close();
  await database.close();
});

const told = () => heard.map(({ kind, scope, name }) => `${kind} ${scope}/${name}`);
const gone = (kind: ViewKey['kind'], scope: string, name: string): ViewKey => ({
  kind,
  scope,
  name,
});

test('who listens is told what changed, after it was committed', async () => {
  const term = await writer.takeOver();
  const devices = Array.from({ length: 20 }, (_, at) => gone('device', 'fra-1', `gpu-${at}`));
  await writer.write(term, {
    rows: [],
    gone: [gone('cluster', 'team', 'train'), gone('member', '', 'fra-1'), ...devices],
  });
  await eventually(() =>
    expect(told()).toEqual(['cluster team/train', 'member fra-1/fra-1', 'device fra-1/']),
  );
  await writer.writeSums(term, networkSums([], [], '2026-11-25T12:00:00Z'), 60);
  await eventually(() => expect(told().at(-1)).toBe('network /'));
});

test('the close of an epoch is told', async () => {
  await sql`insert into io.epochs values (1, 0, 0, 0, 0, ${Buffer.alloc(32)}, ${Buffer.alloc(32)})
  `.execute(database.owner);
  await eventually(() => expect(told()).toEqual(['epoch /1']));
});

test('what is none of ours is not passed on', async () => {
  for (const payload of ['', '{', 'null', '{"kind":"secret","scope":"","name":""}', '{"kind":1}']) {
    await sql`select pg_notify('io_views', ${payload})`.execute(database.owner);
  }
  const fine = '{"kind":"case","scope":"fra-1","name":"c1","more":"left out"}';
  await sql`select pg_notify('io_views', ${fine})`.execute(database.owner);
  await eventually(() => expect(heard).toEqual([{ kind: 'case', scope: 'fra-1', name: 'c1' }]));
});

test('who unsubscribed hears nothing more', async () => {
  const other: ViewChange[] = [];
  const end = changes.subscribe((change) => void other.push(change));
  const term = await writer.takeOver();
  await writer.write(term, { rows: [], gone: [gone('cluster', 'team', 'one')] });
  await eventually(() => expect(other).toHaveLength(1));
  end();
  await writer.write(term, { rows: [], gone: [gone('cluster', 'team', 'two')] });
  await eventually(() => expect(told()).toContain('cluster team/two'));
  expect(other).toHaveLength(1);
});

test('after the server was killed it listens again, and everything counts as changed', async () => {
  await server.kill();
  await eventually(() => expect(warnings).toHaveLength(1));
  await server.start();
  await eventually(() => expect(told().toSorted()).toContain('cluster /'), { withinMs: 30_000 });
  expect(new Set(told()).size).toBe(7);
  const term = await eventually(() => writer.takeOver(), { withinMs: 30_000 });
  await writer.write(term, { rows: [], gone: [gone('cluster', 'team', 'train')] });
  await eventually(() => expect(told()).toContain('cluster team/train'));
  expect(warnings).toHaveLength(1);
}, 90_000);

test('it can be closed while the server is away', async () => {
  await server.kill();
  await expect(changes.close()).resolves.toBeUndefined();
  await server.start();
}, 60_000);
