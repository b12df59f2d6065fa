import { encodeBase58 } from './base58.ts';

/** What fits into one packet of the network. */
export const maximumTransactionBytes = 1232;

/** One instruction; numbers are places in the transaction's list of accounts. */
export type Instruction = Readonly<{ program: number; accounts: Uint8Array; data: Uint8Array }>;

/** Accounts of an address lookup table; numbers are places in the table. */
export type Lookup = Readonly<{ table: string; writable: Uint8Array; readonly: Uint8Array }>;

/** A signed transaction, read but not believed: its signatures are not verified here. */
export type Transaction = Readonly<{
  bytes: Uint8Array;
  signatures: readonly string[];
  version: 'legacy' | 0;
  requiredSignatures: number;
  readonlySigned: number;
  readonlyUnsigned: number;
  staticKeys: readonly string[];
  blockhash: string;
  instructions: readonly Instruction[];
  lookups: readonly Lookup[];
}>;

/** A part of a transaction: what is signed. */
export type Message = Omit<Transaction, 'bytes' | 'signatures'>;

/** The accounts of a transaction in the order that instructions number them by. */
export type Accounts = Readonly<{
  keys: readonly string[];
  writable: readonly boolean[];
  loaded: Readonly<{ writable: readonly string[]; readonly: readonly string[] }>;
}>;

/** Bytes that are no transaction; the engine must never see them, since it ends the process. */
export class MalformedTransactionError extends Error {
  override readonly name = 'MalformedTransactionError';
}

/** Reads a whole transaction and refuses what a validator does not take in. */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > maximumTransactionBytes) {
    throw new MalformedTransactionError(
      `transaction too large: ${bytes.length} bytes (max: ${maximumTransactionBytes} bytes)`,
    );
  }
  const reader = new Reader(bytes);
  const signatures = reader.list(() => encodeBase58(reader.take(64)));
  const message = readMessage(reader);
  if (!reader.done) throw new MalformedTransactionError('bytes follow the transaction');
  sanitize(message);
  if (signatures.length !== message.requiredSignatures) {
    throw new MalformedTransactionError(
      `${signatures.length} signatures where the header asks for ${message.requiredSignatures}`,
    );
  }
  return { bytes, signatures, ...message };
}

/** Reads what a client wants the fee of. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const message = readMessage(reader);
  if (!reader.done) throw new MalformedTransactionError('bytes follow the message');
  sanitize(message);
  return message;
}

/** The signature by which everybody names a transaction. */
export function signatureOf({ signatures }: Transaction): string {
  return signatures[0] ?? '';
}

/** All accounts; `tableKeys` gives the addresses in a lookup table, none when there is no table. */
export function accountsOf(
  message: Message,
  tableKeys: (table: string) => readonly string[],
): Accounts {
  const { staticKeys, lookups } = message;
  const pick = (part: 'writable' | 'readonly'): string[] =>
    lookups.flatMap((lookup) => {
      const keys = tableKeys(lookup.table);
      return [...lookup[part]].flatMap((index) => keys[index] ?? []);
    });
  const loaded = { writable: pick('writable'), readonly: pick('readonly') };
  const keys = [...staticKeys, ...loaded.writable, ...loaded.readonly];
  const writable = keys.map((_key, index) =>
    index < staticKeys.length
      ? isWritable(message, index)
      : index < staticKeys.length + loaded.writable.length,
  );
  return { keys, writable, loaded };
}

function isWritable(message: Message, index: number): boolean {
  const { requiredSignatures, readonlySigned, readonlyUnsigned, staticKeys } = message;
  return index < requiredSignatures
    ? index < requiredSignatures - readonlySigned
    : index < staticKeys.length - readonlyUnsigned;
}

function readMessage(reader: Reader): Message {
  const first = reader.byte();
  const versioned = first >= 0x80;
  if (versioned && first !== 0x80) {
    throw new MalformedTransactionError(`transaction version ${first & 0x7f} is not supported`);
  }
  const requiredSignatures = versioned ? reader.byte() : first;
  const readonlySigned = reader.byte();
  const readonlyUnsigned = reader.byte();
  const staticKeys = reader.list(() => encodeBase58(reader.take(32)));
  const blockhash = encodeBase58(reader.take(32));
  const instructions = reader.list(() => ({
    program: reader.byte(),
    accounts: reader.bytes(),
    data: reader.bytes(),
  }));
  const lookups = versioned
    ? reader.list(() => ({
        table: encodeBase58(reader.take(32)),
        writable: reader.bytes(),
        readonly: reader.bytes(),
      }))
    : [];
  return {
    version: versioned ? 0 : 'legacy',
    requiredSignatures,
    readonlySigned,
    readonlyUnsigned,
    staticKeys,
    blockhash,
    instructions,
    lookups,
  };
}

/** The checks of a validator before it looks at any account. */
function sanitize(message: Message): void {
  const { requiredSignatures, readonlySigned, readonlyUnsigned, staticKeys, lookups } = message;
  const loaded = lookups.map(({ writable, readonly }) => writable.length + readonly.length);
  const total = staticKeys.length + loaded.reduce((sum, count) => sum + count, 0);
  const broken =
    readonlySigned >= requiredSignatures ||
    requiredSignatures + readonlyUnsigned > staticKeys.length ||
    total > 256 ||
    loaded.includes(0) ||
    message.instructions.some(
      ({ program, accounts }) =>
        program === 0 ||
        program >= staticKeys.length ||
        accounts.some((account) => account >= total),
    );
  if (broken) {
    throw new MalformedTransactionError(
      'Transaction failed to sanitize accounts offsets correctly',
    );
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    const end = this.#position + count;
    if (end > this.#bytes.length) throw new MalformedTransactionError('unexpected end of input');
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  bytes(): Uint8Array {
    return this.take(this.#length());
  }

  list<T>(item: () => T): readonly T[] {
    return Array.from({ length: this.#length() }, item);
  }

  /** A length of one to three bytes, seven bits each; only the shortest form counts. */
  #length(): number {
    let length = 0;
    for (let place = 0; place < 3; place += 1) {
      const byte = this.byte();
      if (byte === 0 && place > 0) break;
      length |= (byte & 0x7f) << (7 * place);
      if (byte < 0x80) {
        if (length <= 0xffff) return length;
        break;
      }
    }
    throw new MalformedTransactionError('a length is not in its shortest form');
  }
}
