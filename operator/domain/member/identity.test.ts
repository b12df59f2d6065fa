import { expect, test } from '@jest/globals';
import { memberOfUser, memberUser } from './identity.ts';

test('a member and its enrolment are read from the common name that was made for them', () => {
  const identity = { member: 'frankfurt-1', enrolment: 12 };
  expect(memberOfUser(memberUser(identity))).toEqual(identity);
});

test.each([
  'compute.io.net:hub',
  'compute.io.net:member:',
  'compute.io.net:member:a',
  'compute.io.net:member:a:',
  'compute.io.net:member:a:0',
  'compute.io.net:member:a:01',
  'compute.io.net:member:a:1:2',
  'compute.io.net:member:a:12345678',
  'compute.io.net:member:Frankfurt:1',
  'compute.io.net:member:a/b:1',
  'compute.io.net:member:a:b',
  'x-compute.io.net:member:a:1',
  `compute.io.net:member:${'a'.repeat(54)}:1`,
])('%s is no agent', (commonName) => {
  expect(memberOfUser(commonName)).toBeUndefined();
});
