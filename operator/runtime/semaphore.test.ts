import { expect, test } from '@jest/globals';
import { settle } from '../testing/manual-clock.ts';
import { Semaphore } from './semaphore.ts';

const never = new AbortController().signal;

test('lets as many run as it may, and the others in their order', async () => {
  const semaphore = new Semaphore(2, 10);
  const order: string[] = [];
  const releases = [await semaphore.acquire(never), await semaphore.acquire(never)];
  for (const name of ['third', 'fourth']) {
    void semaphore.acquire(never).then((release) => {
      order.push(name);
      return releases.push(release);
    });
  }
  await settle();
  expect([order, semaphore.running, semaphore.waiting]).toEqual([[], 2, 2]);
  releases[0]?.();
  // Twice is once.
  releases[0]?.();
  await settle();
  expect([order, semaphore.running, semaphore.waiting]).toEqual([['third'], 2, 1]);
  for (const release of releases) release();
  await settle();
  for (const release of releases) release();
  expect([order, semaphore.running, semaphore.waiting]).toEqual([['third', 'fourth'], 0, 0]);
});

test('refuses when too many wait', async () => {
  const semaphore = new Semaphore(1, 1);
  await semaphore.acquire(never);
  void semaphore.acquire(never);
  await expect(semaphore.acquire(never)).rejects.toMatchObject({ reason: 'TooManyInFlight' });
});

test('whoever gives up waiting takes no place', async () => {
  const semaphore = new Semaphore(1, 10);
  const release = await semaphore.acquire(never);
  const abort = new AbortController();
  const waiting = semaphore.acquire(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(semaphore.acquire(abort.signal)).rejects.toThrow('enough');
  release();
  expect([semaphore.running, semaphore.waiting]).toEqual([0, 0]);
});
