import { describe, expect, test } from '@jest/globals';
import {
  type Attempt,
  decideSend,
  type Landed,
  type Observation,
  pauseSeconds,
  type Seen,
  type Step,
} from './send.ts';

const lastValidHeight = 1_000n;
const now = 50_000;

const attempt = (signature: string, changes: Partial<Attempt> = {}): Attempt => ({
  signature,
  purpose: 'Effect',
  lastValidHeight,
  signedAtSeconds: now - 60,
  outcome: undefined,
  ...changes,
});

const failed: Seen = { kind: 'Failed', failure: { name: 'PayOutCapReached', code: 6034 } };
const missing: Seen = { kind: 'Missing' };
const processing: Seen = { kind: 'Processing' };
const finalized: Seen = { kind: 'Finalized' };

type Sight = Readonly<{ height?: bigint; seen?: Readonly<Record<string, Seen>>; landed?: Landed }>;

function decide(attempts: readonly Attempt[], sight: Sight = {}) {
  const observation: Observation = {
    finalizedHeight: sight.height ?? lastValidHeight - 100n,
    seen: new Map(Object.entries(sight.seen ?? {})),
    landed: sight.landed ?? 'NotYet',
    nowSeconds: now,
  };
  return decideSend(attempts, observation);
}

const expired = lastValidHeight + 1n;
const refused: Landed = { refused: 'too old' };

describe('an operation', () => {
  test.each<[string, readonly Attempt[], Sight, Step]>([
    ['that nobody signed is signed', [], {}, { kind: 'Sign' }],
    [
      'that was stored and perhaps not sent is sent again, unchanged',
      [attempt('a')],
      { seen: { a: missing } },
      { kind: 'Resend', signature: 'a' },
    ],
    [
      'whose transaction landed and is not final is waited for',
      [attempt('a')],
      { seen: { a: processing } },
      { kind: 'Wait', why: 'a is not final yet' },
    ],
    [
      'that a fork took away is sent again, unchanged',
      [attempt('a')],
      { seen: { a: missing } },
      { kind: 'Resend', signature: 'a' },
    ],
    [
      'in the last block that may hold it is not signed anew',
      [attempt('a')],
      { height: lastValidHeight, seen: { a: missing } },
      { kind: 'Resend', signature: 'a' },
    ],
    [
      'is signed anew once a later block is final and none has it',
      [attempt('a')],
      { height: expired, seen: { a: missing } },
      { kind: 'Sign' },
    ],
    [
      'that landed in the last block before it expired is not signed anew',
      [attempt('a')],
      { height: expired, seen: { a: processing } },
      { kind: 'Wait', why: 'a is not final yet' },
    ],
    [
      'is done when its effect is final, though the node says its transaction expired',
      [attempt('a')],
      { height: expired, seen: { a: missing }, landed: 'Done' },
      { kind: 'Done', signature: undefined },
    ],
    [
      'is done when its effect is final, and knows by which transaction',
      [attempt('a', { outcome: 'Expired' }), attempt('b')],
      { seen: { b: finalized }, landed: 'Done' },
      { kind: 'Done', signature: 'b' },
    ],
    [
      'waits for the name of the transaction whose effect is final already',
      [attempt('a')],
      { seen: { a: processing }, landed: 'Done' },
      { kind: 'Wait', why: 'the effect is shown, and a not final yet' },
    ],
    [
      'is done when somebody else did it',
      [],
      { landed: 'Done' },
      { kind: 'Done', signature: undefined },
    ],
    [
      'is not done because a node says that its transaction is final',
      [attempt('a')],
      { height: expired, seen: { a: finalized } },
      { kind: 'Wait', why: 'a is final and its effect is not shown yet' },
    ],
    [
      'whose preparation landed is signed',
      [attempt('a', { purpose: 'Prepare' })],
      { seen: { a: finalized } },
      { kind: 'Sign' },
    ],
    [
      'whose preparation is on its way waits',
      [attempt('a', { purpose: 'Prepare' })],
      { seen: { a: missing } },
      { kind: 'Resend', signature: 'a' },
    ],
    [
      'whose transaction failed waits a little',
      [attempt('a', { signedAtSeconds: now - 1 })],
      { seen: { a: failed } },
      { kind: 'Wait', why: 'a failed', untilSeconds: now + 4 },
    ],
    [
      'whose transaction failed is then signed anew',
      [attempt('a', { outcome: 'Failed', signedAtSeconds: now - 5 })],
      {},
      { kind: 'Sign' },
    ],
    [
      'that failed often waits longer',
      ['a', 'b', 'c'].map((signature) =>
        attempt(signature, { outcome: 'Failed', signedAtSeconds: now - 5 }),
      ),
      {},
      { kind: 'Wait', why: 'c failed', untilSeconds: now + 15 },
    ],
    [
      'that can never take effect is refused',
      [attempt('a', { outcome: 'Expired' })],
      { landed: refused },
      { kind: 'Refused', message: 'too old' },
    ],
    [
      'that can never take effect is not refused while a transaction of it may land',
      [attempt('a')],
      { seen: { a: missing }, landed: refused },
      { kind: 'Wait', why: 'too old, and a could still land' },
    ],
    [
      'is refused when the last one can land no more',
      [attempt('a')],
      { height: expired, seen: { a: missing }, landed: refused },
      { kind: 'Refused', message: 'too old' },
    ],
  ])('%s', (_name, attempts, sight, step) => {
    expect(decide(attempts, sight).step).toEqual(step);
  });
});

describe('what became of an attempt is written down', () => {
  test.each<[string, Attempt, Sight, string | undefined]>([
    ['not while it may land', attempt('a'), { seen: { a: missing } }, undefined],
    ['not while a fork may take it', attempt('a'), { seen: { a: processing } }, undefined],
    ['not on the word of a node alone', attempt('a'), { seen: { a: finalized } }, undefined],
    [
      'when its effect is shown',
      attempt('a'),
      { seen: { a: finalized }, landed: 'Done' },
      'Landed',
    ],
    ['when it failed', attempt('a'), { seen: { a: failed } }, 'Failed'],
    ['when it expired', attempt('a'), { height: expired, seen: { a: missing } }, 'Expired'],
    [
      'when it prepared',
      attempt('a', { purpose: 'Prepare' }),
      { seen: { a: finalized } },
      'Landed',
    ],
    ['once', attempt('a', { outcome: 'Failed' }), { seen: { a: finalized } }, undefined],
  ])('%s', (_name, one, sight, outcome) => {
    expect(decide([one], sight).ended.map((ended) => ended.outcome)).toEqual(
      outcome === undefined ? [] : [outcome],
    );
  });
});

test('pauses double, up to ten minutes', () => {
  expect([1, 2, 3, 20].map(pauseSeconds)).toEqual([5, 10, 20, 600]);
});
