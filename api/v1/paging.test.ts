import { describe, expect, test } from '@jest/globals';
import { pageBody, pageRequest } from './paging.ts';

const raw = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a cursor', () => {
  test.each(['a', 'member/name', '1', '‮evil<script>', 'x'.repeat(600)])(
    'brings the key %j back',
    (key) => {
      const { next } = pageBody('things', { items: [1], next: key });
      expect(pageRequest('things', { limit: 7, cursor: next })).toEqual({ limit: 7, after: key });
    },
  );

  test('is missing at the end, and without it a list begins', () => {
    expect(pageBody('things', { items: [1], next: undefined })).toEqual({ items: [1] });
    expect(pageRequest('things', { limit: 7 })).toEqual({ limit: 7, after: undefined });
  });

  test.each([
    ['of another list', raw([1, 'others', 'a'])],
    ['of another version', raw([2, 'things', 'a'])],
    ['with a number for a key', raw([1, 'things', 7])],
    ['with a key that no name can be', raw([1, 'things', 'x'.repeat(601)])],
    ['with a NUL, which PostgreSQL does not take', raw([1, 'things', 'a\u0000'])],
    ['with more parts', raw([1, 'things', 'a', 'b'])],
    ['that is an object', raw({ length: 3 })],
    ['that is no JSON', Buffer.from('[1,').toString('base64url')],
    ['that is no base64url', '????'],
    ['that is empty', ''],
  ])('%s is refused', (_, cursor) => {
    expect(() => pageRequest('things', { limit: 1, cursor })).toThrow(
      expect.objectContaining({ status: 400, reason: 'UnknownCursor' }),
    );
  });
});
