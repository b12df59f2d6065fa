/** Signs with a key that it does not show: a file, a key service, a device. */
export type Signer = Readonly<{
  /** Base58. */
  address: string;
  /** Ed25519 over these bytes; 64 bytes. Throws SignerError. */
  sign: (message: Uint8Array) => Promise<Uint8Array>;
}>;

/** A key cannot be read, or its holder does not sign. The message never holds a key. */
export class SignerError extends Error {
  override readonly name = 'SignerError';
}
