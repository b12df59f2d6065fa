import { describe, expect, test } from '@jest/globals';
import { holdBackSeconds, IntervalBook, type MeteringState } from './intervals.ts';
import type { Seen, WorkerSeen } from './runs.ts';
import { goneStanding, nodeStanding, type PodFacts, podStanding } from './standing.ts';
import type { IntervalChange } from './types.ts';

const pod = (facts: Partial<PodFacts> = {}): PodFacts => ({
  uid: 'pod-1',
  leaseId: 'lease-1',
  role: 'worker',
  group: 'gpu',
  node: 'node-1',
  ready: true,
  readySeconds: 100,
  restarts: 0,
  startedSeconds: 90,
  finished: false,
  ...facts,
});
const seenAs = (standing: Seen['standing'], sight: Partial<Seen> = {}): Seen => ({
  standing,
  provenSeconds: 1_000,
  gap: false,
  ...sight,
});
const node = (readySeconds = 10, ready = true) =>
  nodeStanding({ uid: 'node-1', ready, readySeconds });
const head = (facts: Partial<PodFacts> = {}) =>
  podStanding(pod({ uid: 'head', role: 'head', readySeconds: 50, startedSeconds: 40, ...facts }));

function worker(facts: Partial<PodFacts> = {}, more: Partial<WorkerSeen> = {}): WorkerSeen {
  const it = pod(facts);
  return {
    podUid: it.uid,
    leaseId: it.leaseId,
    worker: seenAs(podStanding(it)),
    node: seenAs(node()),
    head: seenAs(head()),
    headNode: seenAs(node()),
    ending: it.deletedSeconds !== undefined || it.finished,
    released: false,
    devices: ['gpu-0', 'gpu-1'],
    devicesPerWorker: 1,
    nowSeconds: 300,
    ...more,
  };
}
const gone = (last: Partial<PodFacts>, sight: Partial<Seen> = {}): WorkerSeen =>
  worker(last, { worker: seenAs(goneStanding(pod(last)), sight), ending: true });

const late = 1_000;

/** The book that an agent has after a crash, when all was recorded before. */
function restarted(book: IntervalBook): IntervalBook {
  const state = { pods: [...book.pods()], ends: {} };
  return new IntervalBook(JSON.parse(JSON.stringify(state)) as MeteringState);
}

/** Everything that is told when these are seen one after the other. */
function told(first: WorkerSeen, ...others: readonly WorkerSeen[]): IntervalChange[] {
  const book = new IntervalBook();
  book.observe(first, true);
  for (const seen of others) {
    book.observe(seen, true);
    book.tell(late);
    book.observe(seen, true);
  }
  return [...(book.take(1_000)?.changes ?? [])];
}
const ends = (changes: readonly IntervalChange[]) =>
  changes.map((change) =>
    change.kind === 'Closed' ? [change.startSeconds, change.endSeconds, change.reason] : 'open',
  );
const lost = { worker: seenAs(goneStanding(undefined), { provenSeconds: 180 }), ending: true };

describe('an interval begins in the second after the last of all became Ready', () => {
  test.each([
    ['the worker', worker(), 101],
    ['the node', worker({}, { node: seenAs(node(150)) }), 151],
    ['the head', worker({}, { head: seenAs(head({ readySeconds: 160 })) }), 161],
    ['the node of the head', worker({}, { headNode: seenAs(node(170)) }), 171],
    ['a container', worker({ startedSeconds: 180, restarts: 2 }), 181],
  ])('%s', (_, seen, startSeconds) => {
    const book = new IntervalBook();
    book.observe(seen, true);
    book.tell(startSeconds + holdBackSeconds);
    expect(book.take(10)?.changes).toEqual([
      { kind: 'Opened', leaseId: 'lease-1', podUid: 'pod-1', device: 'gpu-0', startSeconds },
    ]);
    expect(book.openIntervals).toBe(1);
  });

  test.each([
    ['the worker is not Ready', worker({ ready: false })],
    ['the worker is being deleted', worker({ deletedSeconds: 120 })],
    ['the worker has run to its end', worker({ finished: true })],
    ['the node is not Ready', worker({}, { node: seenAs(node(10, false)) })],
    ['there is no node', worker({}, { node: seenAs(nodeStanding(undefined)) })],
    ['the head is not Ready', worker({}, { head: seenAs(head({ ready: false })) })],
    ['the lease is released', worker({}, { released: true })],
    ['the group has no devices', worker({}, { devices: [], devicesPerWorker: 0 })],
    ['the lease has too few devices there', worker({}, { devicesPerWorker: 3 })],
  ])('none while %s', (_, seen) => {
    expect(told(seen, worker({}, { ...lost }))).toEqual([]);
  });

  test('none while nothing can be recorded, and from the same second on when it can', () => {
    const book = new IntervalBook();
    book.observe(worker(), false);
    expect(book.openIntervals).toBe(0);
    book.observe(worker(), true);
    book.observe(worker({ ready: false, readySeconds: 200 }), false);
    book.tell(late);
    expect(ends(book.take(10)?.changes ?? [])).toEqual([[101, 200, 'NotReady']]);
  });
});

describe('a lease that gets smaller', () => {
  const shrunk = { devices: ['gpu-1'] };
  const shown = (book: IntervalBook) =>
    (book.take(10)?.changes ?? [])
      .flatMap((change) => (change.kind === 'Closed' ? [change] : []))
      .toSorted((a, b) => a.endSeconds - b.endSeconds)
      .map(({ podUid, device, startSeconds, endSeconds }) => [
        podUid,
        device,
        startSeconds,
        endSeconds,
      ]);

  test('its worker goes on with a device that it still has', () => {
    const book = new IntervalBook();
    book.observe(worker(), true);
    book.observe(worker({}, shrunk), true);
    book.tell(late);
    book.observe(worker({}, shrunk), true);
    book.observe(worker({ deletedSeconds: 400 }, shrunk), true);
    book.tell(late);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-1', 'gpu-1', 300, 400],
    ]);
  });

  test('one worker too many is not billed until another has gone', () => {
    const book = new IntervalBook();
    const second = { uid: 'pod-2' };
    book.observe(worker(), true);
    book.observe(worker(second), true);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    book.tell(late);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    book.observe(worker({ ...second, deletedSeconds: 350 }, shrunk), true);
    expect([...book.tell(late)]).toEqual(['lease-1']);
    expect(book.openIntervals).toBe(1);
    book.observe(worker({}, shrunk), true);
    book.observe(worker({ deletedSeconds: 400 }, shrunk), true);
    book.tell(late);
    expect(book.openIntervals).toBe(0);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-2', 'gpu-1', 101, 350],
      ['pod-1', 'gpu-1', 350, 400],
    ]);
  });

  test('one that ended while it waited is billed from when the other had gone', () => {
    const book = new IntervalBook();
    const second = { uid: 'pod-2' };
    for (const facts of [{}, second]) book.observe(worker(facts), true);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    book.observe(worker({ ...second, deletedSeconds: 350 }, shrunk), true);
    book.observe(worker({ deletedSeconds: 353 }, shrunk), true);
    book.observe(gone({ deletedSeconds: 353 }), true);
    book.tell(352);
    expect(book.toldUntil(352)).toBe(350);
    expect(book.isOpen('lease-1')).toBe(true);
    book.tell(353);
    expect(book.toldUntil(353)).toBe(353);
    expect(book.isOpen('lease-1')).toBe(false);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-2', 'gpu-1', 101, 350],
      ['pod-1', 'gpu-1', 350, 353],
    ]);
    expect([...book.pods()]).toEqual([]);
  });

  test('so is one whose agent was away, and one that crashed before it told', () => {
    const unseen = { provenSeconds: 270, gap: true };
    const second = { uid: 'pod-2' };
    const before = new IntervalBook();
    for (const facts of [{}, second]) before.observe(worker(facts), true);
    const book = restarted(before);
    book.lose('pod-2', 270, 'Unobserved');
    book.observe(worker({}, { ...shrunk, worker: seenAs(podStanding(pod()), unseen) }), true);
    book.observe(worker({ deletedSeconds: 330 }, shrunk), true);
    const again = restarted(book);
    for (const podUid of ['pod-1', 'pod-2']) again.lose(podUid, 320, 'Unobserved');
    again.tell(late);
    expect(shown(again)).toEqual([
      ['pod-1', 'gpu-0', 101, 270],
      ['pod-2', 'gpu-1', 101, 270],
      ['pod-1', 'gpu-1', 270, 330],
    ]);
  });

  test('one that waits has the device of another until the lease gives that back, too', () => {
    const book = new IntervalBook();
    const has = (devices: readonly string[], nowSeconds: number) => ({ devices, nowSeconds });
    const all = [{}, { uid: 'pod-2' }, { uid: 'pod-3' }];
    const [three, two, one] = [['gpu-0', 'gpu-1', 'gpu-2'], ['gpu-1', 'gpu-2'], ['gpu-2']];
    for (const facts of all) book.observe(worker(facts, has(three, 290)), true);
    for (const facts of all) book.observe(worker(facts, has(two, 300)), true);
    book.observe(worker({ uid: 'pod-2', deletedSeconds: 300 }, has(two, 300)), true);
    book.observe(worker({}, has(one, 301)), true);
    book.observe(worker({ uid: 'pod-3', deletedSeconds: 303 }, has(one, 303)), true);
    book.tell(late);
    book.observe(worker({ deletedSeconds: 400 }, has(one, 400)), true);
    book.tell(late);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-2', 'gpu-1', 101, 300],
      ['pod-1', 'gpu-1', 300, 301],
      ['pod-3', 'gpu-2', 101, 303],
      ['pod-1', 'gpu-2', 303, 400],
    ]);
  });

  test('one that waits has the first device that is free, though it learns of it later', () => {
    const book = new IntervalBook();
    const grown = { devices: ['gpu-1', 'gpu-2'], nowSeconds: 351 };
    const second = { uid: 'pod-2' };
    for (const facts of [{}, second]) book.observe(worker(facts), true);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    book.tell(345);
    book.observe(worker({ ...second, deletedSeconds: 350 }, shrunk), true);
    book.observe(worker({}, grown), true);
    book.tell(353);
    book.observe(worker({ deletedSeconds: 400 }, grown), true);
    book.tell(late);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-2', 'gpu-1', 101, 350],
      ['pod-1', 'gpu-1', 350, 400],
    ]);
  });

  test('one that waited in vain is not billed, and holds up nothing', () => {
    const book = new IntervalBook();
    const second = { uid: 'pod-2' };
    for (const facts of [{}, second]) book.observe(worker(facts), true);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    book.tell(late);
    for (const facts of [{}, second]) book.observe(worker(facts, shrunk), true);
    expect(book.toldUntil(late)).toBe(late);
    book.observe(worker({ deletedSeconds: 1_100 }, shrunk), true);
    book.tell(1_100);
    expect(shown(book)).toEqual([['pod-1', 'gpu-0', 101, 300]]);
    expect([...book.pods()].map(({ podUid }) => podUid)).toEqual(['pod-2']);
  });

  test('what it gets again counts from when it was seen to have it', () => {
    const book = new IntervalBook();
    const grown = { devices: ['gpu-2'], nowSeconds: 380 };
    book.observe(worker({}, { devices: ['gpu-0'] }), true);
    book.observe(worker({}, { devices: [] }), true);
    book.tell(late);
    book.observe(worker({}, { devices: [] }), true);
    book.observe(worker({}, grown), true);
    book.observe(worker({ deletedSeconds: 400 }, grown), true);
    book.tell(late);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-1', 'gpu-2', 381, 400],
    ]);
  });

  test('its device is for another lease at once, from when its worker was Ready', () => {
    const book = new IntervalBook();
    const other = { uid: 'pod-2', leaseId: 'lease-2', readySeconds: 320 };
    const only = { devices: ['gpu-0'] };
    book.observe(worker(), true);
    book.observe(worker(other, only), true);
    book.observe(worker({}, shrunk), true);
    book.tell(late);
    book.observe(worker({ ...other, deletedSeconds: 400 }, only), true);
    book.tell(late);
    expect(shown(book)).toEqual([
      ['pod-1', 'gpu-0', 101, 300],
      ['pod-2', 'gpu-0', 321, 400],
    ]);
  });
});

describe('an interval ends in the second in which the first of all stopped', () => {
  test.each([
    ['the worker stops', worker({ ready: false, readySeconds: 200 }), 200, 'NotReady'],
    ['its deletion is asked for', worker({ deletedSeconds: 210 }), 210, 'PodGone'],
    [
      'it stops while it is being deleted',
      worker({ deletedSeconds: 210, ready: false, readySeconds: 215 }),
      210,
      'PodGone',
    ],
    [
      'it stopped before it was deleted',
      worker({ deletedSeconds: 210, ready: false, readySeconds: 205 }),
      205,
      'NotReady',
    ],
    ['the lease is released', worker({ deletedSeconds: 210 }, { released: true }), 210, 'Released'],
    ['the node stops', worker({}, { node: seenAs(node(220, false)) }), 220, 'NodeLost'],
    [
      'the node takes the pod with it',
      worker({ ready: false, readySeconds: 220 }, { node: seenAs(node(220, false)) }),
      220,
      'NodeLost',
    ],
    [
      'the head stops',
      worker({}, { head: seenAs(head({ ready: false, readySeconds: 230 })) }),
      230,
      'NotReady',
    ],
    [
      'the head is deleted',
      worker({}, { head: seenAs(head({ deletedSeconds: 230 })) }),
      230,
      'NotReady',
    ],
    ['a container restarts', worker({ restarts: 1, diedSeconds: 240 }), 240, 'NotReady'],
    [
      'it was Ready again at once',
      worker({ readySeconds: 250, restarts: 1, diedSeconds: 240 }),
      240,
      'NotReady',
    ],
    ['it vanishes', gone({}, { provenSeconds: 260 }), 260, 'PodGone'],
  ])('%s', (_, seen, endSeconds, reason) => {
    expect(ends(told(worker(), seen))[0]).toEqual([101, endSeconds, reason]);
  });

  test('and a new one begins when all are Ready again', () => {
    const again = { readySeconds: 300, restarts: 1, diedSeconds: 240, startedSeconds: 290 };
    expect(
      ends(told(worker(), worker(again), worker({ ...again, ready: false, readySeconds: 400 }))),
    ).toEqual([
      [101, 240, 'NotReady'],
      [301, 400, 'NotReady'],
    ]);
  });

  test('one of no length is not told', () => {
    expect(told(worker(), worker({ ready: false, readySeconds: 101 }))).toEqual([]);
  });
});

describe('what was not seen', () => {
  const unseen = { provenSeconds: 180, gap: true };
  const after = (facts: Partial<PodFacts>) =>
    worker(facts, { worker: seenAs(podStanding(pod(facts)), unseen) });
  test.each([
    ['still Ready as before: it goes on', after({}), ['open']],
    ['Ready since later', after({ readySeconds: 300 }), [[101, 180, 'Unobserved']]],
    [
      'not Ready: it may have been before, too',
      after({ ready: false, readySeconds: 300 }),
      [[101, 180, 'Unobserved']],
    ],
    [
      'not Ready since before it was out of sight',
      after({ ready: false, readySeconds: 170 }),
      [[101, 170, 'NotReady']],
    ],
    [
      'being deleted, and Ready as before until then',
      after({ deletedSeconds: 300 }),
      [[101, 300, 'PodGone']],
    ],
    ['gone', gone({}, unseen), [[101, 180, 'Unobserved']]],
    [
      'a container ended once, and Kubernetes says when',
      after({ restarts: 1, diedSeconds: 300 }),
      [[101, 300, 'NotReady']],
    ],
    [
      'a container ended more than once',
      after({ restarts: 2, diedSeconds: 300 }),
      [[101, 180, 'Unobserved']],
    ],
  ])('%s', (_, seen, expected) => {
    expect(ends(told(worker(), seen))).toEqual(expected);
  });
});

describe('devices', () => {
  test('two pods never have the same one, and a pod keeps its own', () => {
    const book = new IntervalBook();
    const state = () =>
      [...book.pods()]
        .filter(({ devices: given }) => given.length > 0)
        .map(({ podUid, devices: given }) => `${podUid}: ${given.join()}`);
    book.observe(worker(), true);
    book.observe(worker({ uid: 'pod-2' }), true);
    book.observe(worker({ uid: 'pod-3' }), true);
    expect(state()).toEqual(['pod-1: gpu-0', 'pod-2: gpu-1']);
    book.observe(worker({ deletedSeconds: 200 }), true);
    book.observe(worker({ uid: 'pod-3' }), true);
    expect(state()).toEqual(['pod-1: gpu-0', 'pod-2: gpu-1']);
    expect([...book.tell(200)]).toEqual(['lease-1']);
    book.observe(worker({ uid: 'pod-3' }), true);
    expect(state()).toEqual(['pod-2: gpu-1', 'pod-3: gpu-0']);
    book.observe(worker({ uid: 'pod-2', ready: false, readySeconds: 210 }), true);
    book.observe(worker({ uid: 'pod-2', readySeconds: 220 }, { devices: [] }), true);
    expect(state()).toContain('pod-2: gpu-1');
  });

  test('one is billed for the next pod from where it was billed for the last', () => {
    const changes = told(
      worker({}, { devices: ['gpu-0'] }),
      worker({ deletedSeconds: 200 }),
      worker({ uid: 'pod-2', readySeconds: 150 }, { devices: ['gpu-0'] }),
      worker({ uid: 'pod-2', ready: false, readySeconds: 300 }),
    );
    expect(ends(changes)).toEqual([[101, 200, 'PodGone'], 'open', [200, 300, 'NotReady']]);
  });
});

describe('what is told, and until when', () => {
  test('a young interval is held back, and time with it', () => {
    const book = new IntervalBook();
    book.observe(worker(), true);
    book.tell(101 + holdBackSeconds - 1);
    expect(book.take(10)?.changes).toEqual([]);
    expect(book.toldUntil(105)).toBe(101);
    book.tell(101 + holdBackSeconds);
    expect(book.toldUntil(500)).toBe(500);
  });

  test('an end waits for an earlier one until none can come to light', () => {
    const book = new IntervalBook();
    book.observe(worker(), true);
    book.tell(150);
    book.observe(worker({}, { node: seenAs(node(220, false)) }), true);
    expect([...book.tell(219)]).toEqual([]);
    expect(book.toldUntil(219)).toBe(219);
    book.observe(
      worker({ ready: false, readySeconds: 215 }, { node: seenAs(node(220, false)) }),
      true,
    );
    expect(book.toldUntil(500)).toBe(215);
    book.tell(219);
    expect(ends(book.take(10)?.changes ?? [])).toEqual(['open', [101, 215, 'NotReady']]);
    expect(book.toldUntil(500)).toBe(500);
  });

  test('a told one that turns out never to have been has the least length there is', () => {
    const book = new IntervalBook();
    book.observe(worker(), true);
    book.tell(200);
    book.observe(worker({}, { node: seenAs(node(90, false)) }), true);
    book.tell(200);
    expect(ends(book.take(10)?.changes ?? [])).toEqual(['open', [101, 102, 'NodeLost']]);
  });

  test('from what was taken the same book is made again', () => {
    const book = new IntervalBook();
    book.observe(worker(), true);
    book.tell(200);
    const batch = book.take(10);
    const state: MeteringState = { pods: batch?.pods ?? [], ends: batch?.ends ?? {} };
    const again = new IntervalBook(JSON.parse(JSON.stringify(state)) as MeteringState);
    again.observe(worker(), true);
    again.tell(300);
    expect(again.take(10)).toBeUndefined();
    expect(again.openIntervals).toBe(1);
    again.lose('pod-1', 250, 'Unobserved');
    again.tell(300);
    expect(ends(again.take(10)?.changes ?? [])).toEqual([[101, 250, 'Unobserved']]);
    expect(again.isOpen('lease-1')).toBe(false);
  });

  test('whole pods are taken, a limited number at once', () => {
    const book = new IntervalBook();
    for (const uid of ['a', 'b', 'c']) {
      book.observe(
        worker({ uid }, { devices: [`${uid}-0`, `${uid}-1`], devicesPerWorker: 2 }),
        true,
      );
    }
    book.tell(200);
    const sizes = [book.take(3), book.take(3), book.take(3)].map((batch) => batch?.changes.length);
    expect(sizes).toEqual([2, 2, 2]);
    expect(book.isPending('lease-1')).toBe(false);
  });
});
