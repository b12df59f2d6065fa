import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Changed, inFewWords } from './changes.ts';

const device = (scope: string, name: string): Changed => ({ kind: 'device', scope, name });

test('few changes are told as they are, once each', () => {
  const changes = [device('b', '1'), device('a', '1'), device('b', '1'), device('b', '2')];
  expect(inFewWords(changes)).toEqual([device('a', '1'), device('b', '1'), device('b', '2')]);
});

test('many of one scope are told as the scope, and many scopes as the kind', () => {
  const many = Array.from({ length: 6 }, (_, at) => device('a', String(at)));
  expect(inFewWords([...many, device('b', '1')])).toEqual([device('a', ''), device('b', '1')]);
  const wide = Array.from({ length: 51 }, (_, at) => device(`m${at}`, '1'));
  const cluster = { kind: 'cluster', scope: 'team', name: 'x' };
  expect(inFewWords([...wide, cluster])).toEqual([device('', ''), cluster]);
});

test('nothing that changed is left out, and there are never many words', () => {
  const changed = fc.record({
    kind: fc.constantFrom('device', 'cluster'),
    scope: fc.string({ maxLength: 2 }),
    name: fc.string({ maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(changed, { maxLength: 300 }), (changes) => {
      const told = inFewWords(changes);
      expect(told.length).toBeLessThanOrEqual(2 * 50 * 5);
      for (const { kind, scope, name } of changes) {
        const isCovered = told.some(
          (each) =>
            each.kind === kind &&
            ((each.scope === '' && each.name === '') ||
              (each.scope === scope && (each.name === '' || each.name === name))),
        );
        expect(isCovered).toBe(true);
      }
    }),
  );
});
