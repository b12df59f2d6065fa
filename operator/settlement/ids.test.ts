import { expect, test } from '@jest/globals';
import { toHex } from '../domain/settlement/hex.ts';
import { caseIdOf, caseOperationIdOf, depositReferenceOf, deviceIdOf } from './ids.ts';

test.each([
  [
    'a device',
    deviceIdOf('fra-1', 'a-gpu-0'),
    '105c2b64b0266edc7ece6decb1c6f2fec82514703ed1b255711ca513ae261a78',
  ],
  [
    'a case',
    caseIdOf('io-member-fra-1/case-1', '5d3c8b51-5c6f-4a21-9c2e-0f0a3f6f7a11'),
    'c9f27459cce039779e241656c12be71de54a30b632e14e56f479e71d625345cd',
  ],
  [
    'a deposit',
    depositReferenceOf('team/renter'),
    'a81cc89d4c34df5e7ea3581a11078180c8ee07b8e8dd7ff1c34ab628f2a32af2',
  ],
  [
    'an operation on a case',
    caseOperationIdOf('OpenCase', 'ab'.repeat(32), 1),
    'e545ce3ae928dec5f6fb77236816ba795f5f971656845d8ddcdf4677d437bd7b',
  ],
])('the id of %s is the one that anybody computes', (_what, id, expected) => {
  expect(toHex(id)).toBe(expected);
});

test('no two lists of parts have one id', () => {
  const ids = [
    deviceIdOf('fra-1', 'a'),
    deviceIdOf('fra-1a', ''),
    deviceIdOf('', 'fra-1a'),
    caseIdOf('fra-1', 'a'),
    caseOperationIdOf('OpenCase', 'a', 11),
    caseOperationIdOf('OpenCase', 'a1', 1),
  ];
  expect(new Set(ids.map(toHex)).size).toBe(ids.length);
});
