import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { systemProgram } from './engine.ts';

/** In front of the 32 bytes of an Ed25519 key, in PKCS #8. */
const keyHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const computeBudgetProgram = 'ComputeBudget111111111111111111111111111111';
/** More than a transfer needs; what is above makes transfers of one blockhash differ. */
const units = 1_000;
const differentUnits = 1_000_000;

/** A wallet that belongs to the chain and gives to whoever asks. */
export class Faucet {
  readonly address: string;
  readonly #key: KeyObject;

  constructor(seed: Uint8Array) {
    const key = Buffer.concat([keyHead, seed]);
    this.#key = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    const { x = '' } = createPublicKey(this.#key).export({ format: 'jwk' });
    this.address = encodeBase58(Buffer.from(x, 'base64url'));
  }

  /** A signed transfer; `number` tells it from the same transfer before. */
  transfer(to: string, lamports: bigint, blockhash: string, number: number): Uint8Array {
    const keys = [this.address, to, systemProgram, computeBudgetProgram];
    const limit = Buffer.alloc(5);
    limit[0] = 2;
    limit.writeUInt32LE(units + (number % differentUnits), 1);
    const transfer = Buffer.alloc(12);
    transfer.writeUInt32LE(2, 0);
    transfer.writeBigUInt64LE(lamports, 4);
    const message = Buffer.concat([
      Buffer.from([1, 0, 2, keys.length]),
      ...[...keys, blockhash].map((key) => decodeBase58(key) ?? new Uint8Array(32)),
      Buffer.from([2, 3, 0, limit.length]),
      limit,
      Buffer.from([2, 2, 0, 1, transfer.length]),
      transfer,
    ]);
    return Buffer.concat([Buffer.from([1]), sign(null, message, this.#key), message]);
  }
}
