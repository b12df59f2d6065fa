import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import { OperationConflictError } from '../../ports/chain-operations.ts';
import type { NewAttempt, OperationStore } from '../../ports/operation-store.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { createOperationStore } from './chain-operations.ts';

let database: TestDatabase;
let store: OperationStore;

beforeAll(async () => {
  database = await testDatabase();
  store = createOperationStore(database.writer);
});

afterAll(() => database.close());

const now = 1_795_000_000;
let made = 0;

function operation(changes: Partial<ChainOperation> = {}): ChainOperation {
  made += 1;
  return {
    operationId: made.toString(16).padStart(64, '0'),
    kind: 'PayOut',
    signer: 'treasurer',
    payload: '{}',
    ...changes,
  };
}

async function recorded(changes: Partial<ChainOperation> = {}): Promise<ChainOperation> {
  const one = operation(changes);
  await store.record(one, now);
  return one;
}

const attempt = ({ operationId }: ChainOperation, number: number): NewAttempt => ({
  operationId,
  number,
  signature: `${operationId}${number}`.padEnd(88, 'x').slice(-88),
  purpose: 'Effect',
  bytes: Uint8Array.of(1, 2, number),
  blockhash: 'hash',
  lastValidHeight: 1_000n,
});

const find = async ({ operationId }: ChainOperation) =>
  (await store.pending(1_000, now)).find((each) => each.operationId === operationId);

describe('an operation', () => {
  test('recorded twice is one', async () => {
    const one = await recorded();
    await store.record(one, now + 10);
    expect(await find(one)).toMatchObject({ ...one, recordedAtSeconds: now, attempts: [] });
  });

  test.each<[string, Partial<ChainOperation>]>([
    ['kind', { kind: 'CloseOperation' }],
    ['signer', { signer: 'publisher' }],
    ['payload', { payload: '{"other":1}' }],
  ])('with another %s under its id is refused', async (_name, changes) => {
    const one = await recorded();
    await expect(store.record({ ...one, ...changes }, now)).rejects.toThrow(OperationConflictError);
  });

  test('is looked at again when its time has come, those first that waited longest', async () => {
    const [late, early] = [await recorded(), await recorded()];
    await store.postpone(late.operationId, 'the cap is reached', now + 10);
    await store.postpone(early.operationId, 'the cap is reached', now + 5);
    expect(await find(late)).toBeUndefined();
    const ids = (await store.pending(1_000, now + 10)).map(({ operationId }) => operationId);
    expect(ids.slice(-2)).toEqual([early.operationId, late.operationId]);
    expect((await store.states([late.operationId])).get(late.operationId)).toEqual({
      state: 'Pending',
      signature: undefined,
      message: 'the cap is reached',
    });
  });

  test('ends once', async () => {
    const one = await recorded();
    const end = { state: 'Done', signature: 'its signature', message: '' } as const;
    await store.finish(one.operationId, end, now);
    await store.finish(one.operationId, { ...end, state: 'Refused' }, now);
    expect((await store.states([one.operationId])).get(one.operationId)).toEqual(end);
    expect(await find(one)).toBeUndefined();
    expect(await store.addAttempt(attempt(one, 1), now)).toBe(false);
  });

  test('counts in the backlog by its kind', async () => {
    await recorded({ kind: 'CancelRoot' });
    await store.record(operation({ kind: 'CancelRoot' }), now - 5);
    const backlog = await store.backlog();
    expect(backlog.find(({ kind }) => kind === 'CancelRoot')).toEqual({
      kind: 'CancelRoot',
      count: 2,
      oldestAtSeconds: now - 5,
    });
  });
});

describe('what was signed', () => {
  test('is stored as it is sent, and its bytes are left out once it has ended', async () => {
    const one = await recorded();
    const first = attempt(one, 1);
    expect(await store.addAttempt(first, now)).toBe(true);
    await store.sent(first.signature, now + 1);
    const stored = {
      signature: first.signature,
      purpose: 'Effect',
      lastValidHeight: 1_000n,
      signedAtSeconds: now,
    };
    expect((await find(one))?.attempts).toEqual([
      { ...stored, bytes: first.bytes, outcome: undefined },
    ]);
    const ended = { signature: first.signature, outcome: 'Expired', error: '' } as const;
    await store.attemptsEnded([ended], now + 2);
    await store.attemptsEnded([{ ...ended, outcome: 'Landed' }], now + 3);
    expect((await find(one))?.attempts).toEqual([
      { ...stored, bytes: new Uint8Array(), outcome: 'Expired' },
    ]);
  });

  test('is not followed by another while it may land', async () => {
    const one = await recorded();
    const [first, second] = [attempt(one, 1), attempt(one, 2)];
    expect(await store.addAttempt(first, now)).toBe(true);
    expect(await store.addAttempt(second, now)).toBe(false);
    await store.attemptsEnded(
      [{ signature: first.signature, outcome: 'Expired', error: '' }],
      now + 1,
    );
    expect(await store.addAttempt(second, now)).toBe(true);
  });

  test('by two processes at once is stored of one', async () => {
    const one = await recorded();
    const other = createOperationStore(database.connect(database.writerUrl));
    const [mine, theirs] = [attempt(one, 1), { ...attempt(one, 1), signature: 'y'.repeat(88) }];
    const stored = await Promise.all([store.addAttempt(mine, now), other.addAttempt(theirs, now)]);
    expect(stored.filter(Boolean)).toHaveLength(1);
    expect((await find(one))?.attempts).toHaveLength(1);
  });
});

describe('what is written is kept', () => {
  test.each([
    ['an operation', `update io.operations set payload = '{"a":1}'`],
    ['an operation', 'delete from io.operations'],
    ['all operations', 'truncate io.operations cascade'],
    ['an attempt', `update io.operation_attempts set bytes = 'x'`],
    ['an attempt', 'delete from io.operation_attempts'],
    [
      'an end',
      `update io.operations set state = 'Pending', ended_at_s = null where state <> 'Pending'`,
    ],
    ['an outcome', `update io.operation_attempts set outcome = 'Landed' where outcome = 'Expired'`],
  ])('%s, though its owner says: %s', async (_name, statement) => {
    const one = await recorded();
    await store.addAttempt(attempt(one, 1), now);
    await store.attemptsEnded(
      [{ signature: attempt(one, 1).signature, outcome: 'Expired', error: '' }],
      now,
    );
    await store.finish(
      one.operationId,
      { state: 'Refused', signature: undefined, message: 'no' },
      now,
    );
    await expect(sql.raw(statement).execute(database.owner)).rejects.toThrow('is refused');
  });

  test('and the writer may not even try', async () => {
    await recorded();
    await expect(
      sql.raw(`insert into io.operations (operation_id) values ('a')`).execute(database.writer),
    ).rejects.toThrow('permission denied');
    await expect(
      sql.raw(`update io.operation_attempts set bytes = 'x'`).execute(database.writer),
    ).rejects.toThrow('permission denied');
  });
});
