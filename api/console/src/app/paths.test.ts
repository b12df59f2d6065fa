import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { pathOf } from './path-of.ts';
import { returnPath } from './return-path.ts';

test.each([
  ['/cloud/clusters', '/cloud/clusters'],
  ['/cloud/rent?model=H100', '/cloud/rent?model=H100'],
  [undefined, '/'],
  ['', '/'],
  ['https://evil.test/', '/'],
  ['//evil.test/', '/'],
  ['/\\evil.test/', '/'],
  ['/\t/evil.test/', '/'],
  ['javascript:alert(1)', '/'],
])('after signing in at %j one goes to %s', (returnTo, path) => {
  expect(returnPath(returnTo)).toBe(path);
});

test('a path names what it was made of, whatever that is, and stays below its folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
      fc.pre(name.isWellFormed() && name !== '.' && name !== '..');
      const { pathname } = new URL(pathOf('devices', name), 'https://io.test');
      const parts = pathname.split('/');
      expect(parts).toHaveLength(3);
      expect(decodeURIComponent(parts[2] ?? '')).toBe(name);
    }),
  );
});

test.each(['.', '..'])('a name that is only %s leads nowhere else', (name) => {
  const { pathname } = new URL(pathOf('devices', name), 'https://io.test');
  expect(pathname.startsWith('/devices/')).toBe(true);
  expect(pathname).not.toBe('/devices/');
});
