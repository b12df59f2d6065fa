import { createHash } from 'node:crypto';

/*
 * Ids of 32 bytes by which the chain knows things of ours: sha256 of parts in UTF-8, each after its
 * length in four bytes, most significant first. The first part says what it is the id of, so that no
 * two kinds of things share one.
 */

/** The device that a stake stands behind. `device` is the name of its IODevice. */
export function deviceIdOf(member: string, device: string): Uint8Array {
  return digestOf(['io-device', member, device]);
}

/** A case. `key` is `namespace/name` of its IOSlashCase; the uid tells it from one of the same name. */
export function caseIdOf(key: string, uid: string): Uint8Array {
  return digestOf(['io-case', key, uid]);
}

/** What a deposit carries, so that it is credited. `account` is `namespace/name` of an IOAccount. */
export function depositReferenceOf(account: string): Uint8Array {
  return digestOf(['io-deposit', account]);
}

/** An operation on a case; another attempt is another operation. */
export function caseOperationIdOf(kind: string, caseId: string, attempt: number): Uint8Array {
  return digestOf(['io-case-operation', kind, caseId, String(attempt)]);
}

/** The publication of a root; another root for the same epoch is another operation. */
export function rootOperationIdOf(distributor: string, epoch: number, root: string): Uint8Array {
  return digestOf(['io-root-operation', distributor, String(epoch), root]);
}

/** The operation that closes the account of a pay-out, whose id is given in hexadecimal. */
export function closeOperationIdOf(payOutId: string): Uint8Array {
  return digestOf(['io-close-operation', payOutId]);
}

function digestOf(parts: readonly string[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    hash.update(length).update(part);
  }
  return Uint8Array.from(hash.digest());
}
