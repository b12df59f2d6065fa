import { createPublicKey, verify } from 'node:crypto';

/** Whether a text, in UTF-8, or bytes were signed by the wallet of these 32 bytes (Ed25519). */
export function isSignedBy(
  publicKey: Uint8Array,
  signed: string | Uint8Array,
  signature: Uint8Array,
): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const bytes = typeof signed === 'string' ? Buffer.from(signed) : signed;
  return verify(null, bytes, key, signature);
}
