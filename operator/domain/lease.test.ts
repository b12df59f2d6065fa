import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  leaseIdOf,
  memberNamespace,
  memberOfNamespace,
  tenantNamespace,
  tenantOf,
} from './lease.ts';

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');

test('the id of a lease is the same whenever it is derived, and fits a RayCluster’s name', () => {
  const id = leaseIdOf('2f0a6b0e-8f1c-4a0e-9d43-0f6a2b1c3d4e', 1, sha256Hex);
  expect(id).toBe('lease-872900382aab4944');
  expect(leaseIdOf('2f0a6b0e-8f1c-4a0e-9d43-0f6a2b1c3d4e', 1, sha256Hex)).toBe(id);
  // KubeRay takes DNS-1035 labels of at most 53 characters.
  expect(id).toMatch(/^[a-z][-a-z0-9]{0,52}$/);
});

test('another cluster or another generation is another lease', () => {
  const part = fc.string({ maxLength: 6 });
  const number = fc.integer({ min: 1, max: 99 });
  fc.assert(
    fc.property(part, number, part, number, (uid, generation, otherUid, otherGeneration) => {
      const same = uid === otherUid && generation === otherGeneration;
      const left = leaseIdOf(uid, generation, sha256Hex);
      expect(left === leaseIdOf(otherUid, otherGeneration, sha256Hex)).toBe(same);
    }),
  );
});

test('a tenant’s namespace on a member does not tell the renter’s', () => {
  const namespace = tenantNamespace(tenantOf('team-a', sha256Hex));
  expect(namespace).toMatch(/^io-tenant-[0-9a-f]{16}$/);
  expect(namespace).not.toContain('team');
});

test('a member’s namespace leads back to the member, and no other does', () => {
  expect(memberOfNamespace(memberNamespace('fra-1'))).toBe('fra-1');
  expect(memberOfNamespace('team-a')).toBeUndefined();
});
