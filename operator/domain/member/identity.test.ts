import { expect, test } from '@jest/globals';
import { memberOfUser, memberUser } from './identity.ts';

test('a member is read from the common name that was made for it', () => {
  expect(memberOfUser(memberUser('frankfurt-1'))).toBe('frankfurt-1');
});

test.each([
  'compute.io.net:hub',
  'compute.io.net:member:',
  'compute.io.net:member:Frankfurt',
  'compute.io.net:member:a/b',
  'compute.io.net:member:a:b',
  'x-compute.io.net:member:a',
  `compute.io.net:member:${'a'.repeat(54)}`,
])('%s is no agent', (commonName) => {
  expect(memberOfUser(commonName)).toBeUndefined();
});
