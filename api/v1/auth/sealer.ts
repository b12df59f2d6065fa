import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a sealed text may be for: one that was made for something else is not taken. */
export type SealPurpose = 'session' | 'oidc-state' | 'challenge' | 'transaction' | 'cursor';

const keyBytes = 32;
const textPattern = /^(?<body>[A-Za-z0-9_-]{1,6000})\.(?<mark>[A-Za-z0-9_-]{43})$/;

/**
 * Texts that others keep for us and bring back: signed with HMAC-SHA256, so that nothing has to be kept
 * here. They can be read by whoever holds them, and hold no secret.
 */
export class Sealer {
  readonly #key: Uint8Array;

  /** `key`: at least 32 random bytes, the same for all servers of one site. */
  constructor(key: Uint8Array) {
    if (key.length < keyBytes) throw new Error(`a key needs ${keyBytes} random bytes`);
    this.#key = key;
  }

  /** The value as JSON with a mark of ours. */
  seal(purpose: SealPurpose, value: unknown): string {
    const body = Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${body}.${this.mark(purpose, body).toString('base64url')}`;
  }

  /** The value of a text that was sealed here for this purpose; undefined for anything else. */
  open(purpose: SealPurpose, text: string): unknown {
    const { body, mark } = textPattern.exec(text)?.groups ?? {};
    if (body === undefined || mark === undefined) return undefined;
    const given = Buffer.from(mark, 'base64url');
    const own = this.mark(purpose, body);
    if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
    try {
      return JSON.parse(Buffer.from(body, 'base64url').toString()) as unknown;
    } catch {
      return undefined;
    }
  }

  /** The 32 bytes that only a holder of the key can make of a text. */
  mark(purpose: SealPurpose, text: string): Buffer {
    return createHmac('sha256', this.#key).update(`io-${purpose}\n${text}`).digest();
  }

  /** A key of its own for something else, from which this one cannot be told. */
  derivedKey(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#key, '', `io-${purpose}`, keyBytes));
  }
}
