import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ApiError } from './api-error.ts';
import { canonicalJson, jsonDigest, jsonEqual, parseJson } from './json.ts';

describe('jsonEqual', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['the order of members does not count', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['undefined members do not count, left', { a: 1, b: undefined }, { a: 1 }, true],
    ['undefined members do not count, right', { a: 1 }, { a: 1, b: undefined }, true],
    ['the order of a list counts', [1, 2], [2, 1], false],
    ['null is not missing', { a: null }, {}, false],
    ['an empty list is not missing', { a: [] }, {}, false],
    ['a list is not an object', [], {}, false],
    ['text is not a number', '1', 1, false],
    ['deeply', { a: [{ b: { c: 1 } }] }, { a: [{ b: { c: 2 } }] }, false],
    ['a member more on the right', { a: 1 }, { a: 1, b: 2 }, false],
  ])('%s', (_name, left, right, expected) => {
    expect(jsonEqual(left, right)).toBe(expected);
    expect(jsonEqual(right, left)).toBe(expected);
  });

  test('agrees with the canonical text and the digest', () => {
    // -0 and 0 are the same text.
    const value = fc.jsonValue({ maxDepth: 3 }).map((each) => JSON.parse(JSON.stringify(each)));
    fc.assert(
      fc.property(value, value, (left, right) => {
        expect(jsonEqual(left, right)).toBe(canonicalJson(left) === canonicalJson(right));
        expect(jsonDigest(left)).toBe(jsonDigest(structuredClone(left)));
      }),
      { seed: 3 },
    );
  });
});

test('parseJson refuses nonsense without repeating it', () => {
  expect(parseJson('{"a":1}')).toEqual({ a: 1 });
  expect(() => parseJson('{"secret')).toThrow(ApiError);
  expect(() => parseJson('{"secret')).toThrow(/^the API server sent 8 characters/);
});
