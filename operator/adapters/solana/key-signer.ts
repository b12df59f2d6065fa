import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type Signer, SignerError } from '../../ports/signer.ts';
import { base58Decode, base58Encode } from '../../settlement/base58.ts';

/** In front of the 32 bytes of an Ed25519 key, in PKCS #8. */
const keyHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const secretBytes = 64;
const seedBytes = 32;
/** Nobody but the owner, or the owner and a group: files of Kubernetes secrets are readable by fsGroup. */
const forbiddenMode = 0o007;

/**
 * Signs with the key of a file: a JSON array of 64 bytes, as solana-keygen writes it, or their
 * base58. Throws SignerError when others may read the file.
 */
export function fileSigner(path: string): Signer {
  const { mode, text } = readKeyFile(path);
  if ((mode & forbiddenMode) !== 0) {
    const octal = (mode & 0o777).toString(8);
    throw new SignerError(`${path} is open to everybody (mode ${octal}): chmod 600 it`);
  }
  return textSigner(text, path);
}

/** Signs with the key in a text, which `source` names in errors. */
export function textSigner(text: string, source: string): Signer {
  return seedSigner(seedOf(text.trim(), source));
}

/** Signs with the key that 32 bytes are the seed of. */
export function seedSigner(seed: Uint8Array): Signer {
  const key = keyOf(seed);
  return { address: base58Encode(publicKeyOf(key)), sign: async (bytes) => sign(null, bytes, key) };
}

function readKeyFile(path: string): Readonly<{ mode: number; text: string }> {
  try {
    return { mode: statSync(path).mode, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string };
    throw new SignerError(`${path} cannot be read: ${code}`);
  }
}

/** Errors say what is wrong with the form, never what the text is. */
function seedOf(text: string, source: string): Uint8Array {
  const secret = text.startsWith('[') ? fromJson(text) : fromBase58(text);
  if (secret?.length !== secretBytes) {
    throw new SignerError(
      `${source} holds no key: 64 bytes are needed, as a JSON array or in base58`,
    );
  }
  const seed = secret.subarray(0, seedBytes);
  if (!Buffer.from(secret.subarray(seedBytes)).equals(publicKeyOf(keyOf(seed)))) {
    throw new SignerError(`${source} holds a key whose halves do not belong together`);
  }
  return seed;
}

function fromJson(text: string): Uint8Array | undefined {
  try {
    const bytes: unknown = JSON.parse(text);
    const isByte = (value: unknown): boolean =>
      Number.isInteger(value) && (value as number) >> 8 === 0;
    return Array.isArray(bytes) && bytes.every(isByte) ? Uint8Array.from(bytes) : undefined;
  } catch {
    return undefined;
  }
}

function fromBase58(text: string): Uint8Array | undefined {
  try {
    return base58Decode(text);
  } catch {
    return undefined;
  }
}

function keyOf(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([keyHead, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function publicKeyOf(key: KeyObject): Buffer {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}
