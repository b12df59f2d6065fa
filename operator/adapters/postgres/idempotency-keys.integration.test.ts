import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sha256Bytes } from '../../runtime/sha256.ts';
import { type TestDatabase, testDatabase } from '../../testing/postgres.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';

const caller = sha256Bytes('somebody');
const request = sha256Bytes('make a cluster');
const other = sha256Bytes('make another cluster');
const answer = new Uint8Array([1, 2, 3]);
const now = 1_800_000_000;
const day = 86_400;

let database: TestDatabase;
let keys: ReturnType<typeof createIdempotencyKeys>;

beforeAll(async () => {
  database = await testDatabase();
  keys = createIdempotencyKeys(database.writer);
});
afterAll(() => database.close());

test('of many that bring a key at once, one works', async () => {
  const of = { caller, key: 'at once' };
  const claims = await Promise.all(Array.from({ length: 20 }, () => keys.claim(of, request, now)));
  const outcomes = claims.map(({ outcome }) => outcome).toSorted();
  expect(outcomes).toEqual([...Array<string>(19).fill('Busy'), 'Claimed']);
});

test('who brings it again has the same answer, whoever else used the same word', async () => {
  const of = { caller, key: 'again' };
  await keys.claim(of, request, now);
  await keys.keep(of, 201, answer);
  expect(await keys.claim(of, request, now + 1)).toEqual({
    ...{ outcome: 'Answered', status: 201, answer },
  });
  expect(await keys.claim(of, other, now + 1)).toEqual({ outcome: 'Reused' });
  const stranger = { caller: sha256Bytes('somebody else'), key: 'again' };
  expect(await keys.claim(stranger, other, now)).toEqual({ outcome: 'Claimed' });
});

test('what came to nothing may be sent anew, also with another request', async () => {
  const of = { caller, key: 'failed' };
  await keys.claim(of, request, now);
  await keys.release(of);
  expect(await keys.claim(of, other, now)).toEqual({ outcome: 'Claimed' });
});

test('an answer stays, whoever lets go of it late', async () => {
  const of = { caller, key: 'late' };
  await keys.claim(of, request, now);
  await keys.keep(of, 200, answer);
  await keys.release(of);
  expect(await keys.claim(of, request, now)).toMatchObject({ outcome: 'Answered' });
});

test('whoever worked on it and is gone is not waited for, but only for the same request', async () => {
  const of = { caller, key: 'crashed' };
  await keys.claim(of, request, now);
  expect(await keys.claim(of, request, now + 119)).toEqual({ outcome: 'Busy' });
  expect(await keys.claim(of, other, now + 121)).toEqual({ outcome: 'Reused' });
  expect(await keys.claim(of, request, now + 121)).toEqual({ outcome: 'Claimed' });
  expect(await keys.claim(of, request, now + 122)).toEqual({ outcome: 'Busy' });
});

test('after a day a key is free again, and forgotten', async () => {
  const of = { caller, key: 'old' };
  await keys.claim(of, request, now);
  await keys.keep(of, 200, answer);
  expect(await keys.claim(of, other, now + day)).toEqual({ outcome: 'Reused' });
  expect(await keys.claim(of, other, now + day + 1)).toEqual({ outcome: 'Claimed' });
  await keys.forget(now + 10 * day);
  expect(await keys.claim(of, request, now)).toEqual({ outcome: 'Claimed' });
});
