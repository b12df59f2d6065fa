import { hash } from 'node:crypto';

/** Lower-case hexadecimal sha256 of bytes, or of a text in UTF-8. */
export const sha256 = (content: string | Uint8Array): string => hash('sha256', content, 'hex');

/** The 32 bytes of it. */
export const sha256Bytes = (content: string | Uint8Array): Buffer =>
  hash('sha256', content, 'buffer');
