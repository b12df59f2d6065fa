const signatureBytes = 64;
const keyBytes = 32;
/** Counts take one byte below this, and nothing of ours has more. */
const maxCount = 127;

/** A transaction as it is sent, taken apart. */
export type WireTransaction = Readonly<{
  /** In the order of the accounts that sign, the payer's first. */
  signatures: readonly Uint8Array[];
  /** What is signed. */
  message: Uint8Array;
}>;

/** Takes the bytes of a transaction apart; undefined for what is none, or has more than we ever send. */
export function readWire(bytes: Uint8Array): WireTransaction | undefined {
  const count = bytes[0] ?? 0;
  const end = 1 + count * signatureBytes;
  if (count < 1 || count > maxCount || bytes.length <= end) return undefined;
  const signatures = Array.from({ length: count }, (_, at) =>
    bytes.slice(1 + at * signatureBytes, 1 + (at + 1) * signatureBytes),
  );
  return { signatures, message: bytes.slice(end) };
}

/**
 * The public key of the only signer of a message without a version, who pays too; undefined for a
 * message of any other kind.
 */
export function onlySigner(message: Uint8Array): Uint8Array | undefined {
  const [signers = 0, , , accounts = 0] = message;
  const first = 4;
  const isPlain = signers === 1 && accounts >= 1 && accounts <= maxCount;
  return isPlain && message.length >= first + accounts * keyBytes
    ? message.slice(first, first + keyBytes)
    : undefined;
}
