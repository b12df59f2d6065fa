import { expect, test } from '@jest/globals';
import { diskShortage, parseGoVersion } from './toolchain.ts';

const GIB = 1024 ** 3;

test.each<[string, readonly [number, number] | undefined]>([
  ['go version go1.26.8 linux/amd64', [1, 26]],
  ['go version go1.27rc1 darwin/arm64', [1, 27]],
  ['go version devel go1.28-abcdef linux/amd64', [1, 28]],
  ['gcc (Debian 12) 12.2.0', undefined],
  ['', undefined],
])('the version in %j', (text, version) => {
  expect(parseGoVersion(text)).toEqual(version);
});

test('too little disk is one sentence with the folder, what it has and what it needs', () => {
  const missing = [{ name: 'etcd' as const }, { name: 'kwok' as const }];
  expect(diskShortage(missing, '/cache', 12 * GIB, 12 * GIB)).toBeUndefined();
  expect(diskShortage(missing, '/cache', 3.25 * GIB, 12 * GIB)).toBe(
    'Building etcd, kwok needs 12 GiB of free disk once, and /cache has 3.3 GiB: make room, or set ' +
      'IO_OPERATOR_CACHE, GOCACHE and GOMODCACHE to folders on a larger disk.',
  );
});
