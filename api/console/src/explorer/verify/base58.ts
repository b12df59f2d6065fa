const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const addressBytes = 32;

/** The 32 bytes of an address in base58; undefined for any other text. */
export function addressOf(text: string): Uint8Array | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return undefined;
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(alphabet.indexOf(letter));
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  const digits = value === 0n ? '' : value.toString(16);
  const hex = '00'.repeat(zeros) + (digits.length % 2 === 0 ? digits : `0${digits}`);
  if (hex.length !== 2 * addressBytes) return undefined;
  return Uint8Array.from({ length: addressBytes }, (_, at) =>
    Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}
