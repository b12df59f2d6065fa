const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const valueOf = new Map(Array.from(alphabet, (letter, value) => [letter, value]));

/** Letters are taken in groups that a number can hold: big integers are slow to divide. */
const group = 9;
const groupValue = 58n ** BigInt(group);

/** Bytes as Solana writes addresses, signatures and hashes. */
export function base58Encode(bytes: Uint8Array): string {
  let rest = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; rest > 0n; rest /= groupValue) {
    let digits = Number(rest % groupValue);
    for (let place = 0; place < group; place += 1) {
      text = (alphabet[digits % 58] ?? '') + text;
      digits = Math.floor(digits / 58);
    }
  }
  const zeros = leading(bytes.length, (place) => bytes[place] === 0);
  return '1'.repeat(zeros) + text.slice(leading(text.length, (place) => text[place] === '1'));
}

/** @throws Error when a letter is not one of base58 */
export function base58Decode(text: string): Uint8Array {
  let rest = 0n;
  for (let start = 0; start < text.length; start += group) {
    const letters = text.slice(start, start + group);
    let digits = 0;
    for (const letter of letters) {
      const value = valueOf.get(letter);
      if (value === undefined) throw new Error(`${JSON.stringify(letter)} is no letter of base58`);
      digits = digits * 58 + value;
    }
    rest = rest * 58n ** BigInt(letters.length) + BigInt(digits);
  }
  const hex = rest === 0n ? '' : rest.toString(16);
  const body = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const zeros = leading(text.length, (place) => text[place] === '1');
  const bytes = new Uint8Array(zeros + body.length);
  bytes.set(body, zeros);
  return bytes;
}

/** How many places from the first on are so. */
function leading(length: number, is: (place: number) => boolean): number {
  let count = 0;
  while (count < length && is(count)) count += 1;
  return count;
}
