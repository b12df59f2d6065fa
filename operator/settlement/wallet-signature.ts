import { createPublicKey, verify } from 'node:crypto';

/** Whether a text was signed by the wallet of these 32 bytes (Ed25519). */
export function isSignedBy(publicKey: Uint8Array, text: string, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(text), key, signature);
}
