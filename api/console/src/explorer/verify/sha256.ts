/** One hash for all checks: WebCrypto's is asynchronous, and absent over plain HTTP. */
export { sha256 } from '@noble/hashes/sha2.js';
