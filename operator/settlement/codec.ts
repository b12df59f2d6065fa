import { base58Decode, base58Encode } from './base58.ts';

/** An account of an instruction, its address in base58. */
export type AccountMeta = Readonly<{ address: string; isSigner: boolean; isWritable: boolean }>;

/** An instruction as data, whatever library will sign it. */
export type Instruction = Readonly<{
  programId: string;
  accounts: readonly AccountMeta[];
  data: Uint8Array;
}>;

const addressBytes = 32;

/** Whether `data` begins with `prefix`. */
export function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  return data.length >= prefix.length && prefix.every((byte, index) => data[index] === byte);
}

/** Reads little-endian values one after the other. Reading beyond the end throws. */
export class Reader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(data: Uint8Array, at = 0) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#at = at;
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#step(8), true);
  }

  /** Seconds: a number, since no time of ours is beyond 2^53. */
  i64(): number {
    const value = Number(this.#view.getBigInt64(this.#step(8), true));
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no time in seconds`);
    return value;
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  pubkey(): string {
    return base58Encode(this.bytes(addressBytes));
  }

  bytes(length: number): Uint8Array {
    const at = this.#step(length);
    // Not `slice`, which of a Buffer is no copy.
    return Uint8Array.from(this.#data.subarray(at, at + length));
  }

  variant<V extends string>(variants: readonly V[]): V {
    const number = this.u8();
    const variant = variants[number];
    if (variant === undefined) throw new RangeError(`${number} is none of ${variants.join(', ')}`);
    return variant;
  }

  #step(length: number): number {
    const at = this.#at;
    if (at + length > this.#data.length) throw new RangeError('the data ends too early');
    this.#at = at + length;
    return at;
  }
}

/** Writes little-endian values one after the other. A value out of range throws. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.#number(value, 0xff, 1, (view) => view.setUint8(0, value));
  }

  u32(value: number): this {
    return this.#number(value, 0xffff_ffff, 4, (view) => view.setUint32(0, value, true));
  }

  u64(value: bigint): this {
    if (BigInt.asUintN(64, value) !== value) throw new RangeError(`${value} does not fit u64`);
    return this.#part(8, (view) => view.setBigUint64(0, value, true));
  }

  i64(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no time in seconds`);
    return this.#part(8, (view) => view.setBigInt64(0, BigInt(value), true));
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  pubkey(value: string): this {
    return this.bytes(base58Decode(value), addressBytes);
  }

  bytes(value: Uint8Array, length: number): this {
    if (value.length !== length) {
      throw new RangeError(`${length} bytes are needed, and there are ${value.length}`);
    }
    this.#parts.push(value);
    return this;
  }

  variant<V extends string>(value: V, variants: readonly V[]): this {
    return this.u8(variants.indexOf(value));
  }

  vec<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }

  end(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }

  #number(value: number, most: number, size: number, write: (view: DataView) => void): this {
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new RangeError(`${value} is not within 0 to ${most}`);
    }
    return this.#part(size, write);
  }

  #part(size: number, write: (view: DataView) => void): this {
    const part = new Uint8Array(size);
    write(new DataView(part.buffer));
    this.#parts.push(part);
    return this;
  }
}
