import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildFlags, cacheKey, currentTarget, type KeyInputs, toolDirectory } from './cache.ts';
import { cacheRoot, checkoutDirectory, runDirectoryOf } from './paths.ts';
import { toolNamed, tools } from './tools.ts';

const inputs: KeyInputs = {
  goMod: 'module a',
  goSum: 'h1:x',
  flags: ['-trimpath'],
  target: { os: 'linux', architecture: 'amd64' },
};

describe('the cache key', () => {
  test('is the same for the same inputs', () => {
    expect(cacheKey(structuredClone(inputs))).toBe(cacheKey(inputs));
    expect(cacheKey(inputs)).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each<[string, Partial<KeyInputs>]>([
    ['a version in go.mod', { goMod: 'module b' }],
    ['a checksum in go.sum', { goSum: 'h1:y' }],
    ['a build flag', { flags: ['-trimpath', '-race'] }],
    ['the same text cut otherwise', { goSum: 'h1:', flags: ['x-trimpath'] }],
    ['the processor', { target: { os: 'linux', architecture: 'arm64' } }],
    ['the system', { target: { os: 'darwin', architecture: 'amd64' } }],
  ])('changes with %s', (_what, change) => {
    expect(cacheKey({ ...inputs, ...change })).not.toBe(cacheKey(inputs));
  });
});

test('every tool has a folder of its own in the cache', () => {
  const folders = tools.map(toolDirectory);
  expect(new Set(folders).size).toBe(tools.length);
  expect(folders.every((folder) => folder.startsWith(cacheRoot()))).toBe(true);
});

test('the API server is stamped with its version', () => {
  expect(buildFlags(toolNamed('kube-apiserver')).join(' ')).toContain(
    '-X k8s.io/component-base/version.gitVersion=v1.37.2',
  );
});

test('a machine on which nothing runs is refused by name', () => {
  expect(() => currentTarget('win32', 'x64')).toThrow('this machine is win32 x64');
  expect(currentTarget('darwin', 'arm64')).toEqual({ os: 'darwin', architecture: 'arm64' });
});

test('IO_OPERATOR_CACHE goes before XDG_CACHE_HOME, and that before the home directory', () => {
  expect(cacheRoot({ IO_OPERATOR_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheRoot({ IO_OPERATOR_CACHE: '', XDG_CACHE_HOME: '/b' })).toBe('/b/io-operator');
  expect(cacheRoot({})).toMatch(/\/\.cache\/io-operator$/);
});

test('two checkouts side by side have run directories of their own', () => {
  const other = runDirectoryOf('demo', join(checkoutDirectory, 'hack'));
  expect(other).not.toBe(runDirectoryOf('demo'));
  expect(runDirectoryOf('demo')).toBe(runDirectoryOf('demo', checkoutDirectory));
  expect(other.startsWith(join(cacheRoot(), 'run'))).toBe(true);
});
