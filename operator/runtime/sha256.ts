import { createHash, hash } from 'node:crypto';

/** Lower-case hexadecimal sha256 of a text in UTF-8. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The 32 bytes of the sha256 of bytes. */
export const sha256Bytes = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
