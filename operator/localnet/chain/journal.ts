import { createServer, type Server } from 'node:net';
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { ChainRecord } from './records.ts';

const fileName = 'chain.journal';
/** Length and checksum. */
const headBytes = 8;
/** A longer record is a torn or foreign one. */
const maximumRecordBytes = 64 * 1024 * 1024;
/** Written anew as a snapshot when it has grown by this much and has doubled. */
const defaultCompactAfterBytes = 64 * 1024 * 1024;

type Opened = Readonly<{
  path: string;
  lock: Server;
  file: number;
  bytes: number;
  compactAfterBytes: number;
}>;

/** The data directory belongs to another process, or holds what this one cannot read. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * A file of checksummed records. A record is with the operating system when `append` returns and on
 * disk when its promise resolves; those that wait share one sync. What is torn at the end was never
 * acknowledged, and is cut off.
 */
export class Journal {
  readonly #path: string;
  readonly #lock: Server;
  #file: number;
  #bytes: number;
  #snapshotBytes: number;
  readonly #compactAfterBytes: number;
  #synced: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #broken: JournalError | undefined;

  private constructor({ path, lock, file, bytes, compactAfterBytes }: Opened) {
    this.#path = path;
    this.#lock = lock;
    this.#file = file;
    this.#bytes = bytes;
    this.#snapshotBytes = bytes;
    this.#compactAfterBytes = compactAfterBytes;
  }

  /** Opens or makes the journal of a directory and reads what is in it. Throws JournalError. */
  static async open(
    directory: string,
    compactAfterBytes = defaultCompactAfterBytes,
  ): Promise<Readonly<{ journal: Journal; records: readonly ChainRecord[] }>> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = await lockDirectory(directory);
    const path = join(directory, fileName);
    const file = openSync(path, 'a+', 0o600);
    const { records, bytes } = readRecords(readFileSync(path));
    ftruncateSync(file, bytes);
    syncDirectory(directory);
    return { journal: new Journal({ path, lock, file, bytes, compactAfterBytes }), records };
  }

  /** Resolves when the record is on disk. */
  append(record: ChainRecord): Promise<void> {
    // What could not be written is missing for ever: nothing may be acknowledged behind it.
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const frame = frameOf(record);
    try {
      writeAll(this.#file, frame);
    } catch (error) {
      this.#broken = new JournalError('the journal cannot be written', { cause: error });
      return Promise.reject(this.#broken);
    }
    this.#bytes += frame.length;
    return this.#sync();
  }

  /** Resolves when everything that was appended is on disk. */
  #sync(): Promise<void> {
    this.#next ??= this.#synced.then(() => {
      this.#next = undefined;
      this.#synced = sync(this.#file);
      return this.#synced;
    });
    return this.#next;
  }

  /** Whether `compact` is worth its while. */
  get isLong(): boolean {
    return (
      this.#broken === undefined && this.#bytes > this.#snapshotBytes * 2 + this.#compactAfterBytes
    );
  }

  /** Writes the records in place of all that were before, all or nothing. */
  async compact(records: Iterable<ChainRecord>): Promise<void> {
    const part = `${this.#path}.part`;
    const file = openSync(part, 'w', 0o600);
    let bytes = 0;
    for (const record of records) {
      const frame = frameOf(record);
      writeAll(file, frame);
      bytes += frame.length;
    }
    fsyncSync(file);
    // Nothing can be appended until the old file is no longer used: all of this is one turn.
    renameSync(part, this.#path);
    syncDirectory(join(this.#path, '..'));
    const old = this.#file;
    this.#file = file;
    this.#bytes = bytes;
    this.#snapshotBytes = bytes;
    await this.#sync();
    closeSync(old);
  }

  async close(): Promise<void> {
    await this.#sync();
    closeSync(this.#file);
    await new Promise((resolve) => this.#lock.close(resolve));
  }
}

function frameOf(record: ChainRecord): Buffer {
  const body = serialize(record);
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.writeUInt32LE(crc32(body), 4);
  body.copy(frame, headBytes);
  return frame;
}

function readRecords(file: Buffer): { records: ChainRecord[]; bytes: number } {
  const records: ChainRecord[] = [];
  let position = 0;
  while (position + headBytes <= file.length) {
    const length = file.readUInt32LE(position);
    const end = position + headBytes + length;
    if (length === 0 || length > maximumRecordBytes || end > file.length) break;
    const body = file.subarray(position + headBytes, end);
    if (crc32(body) !== file.readUInt32LE(position + 4)) break;
    records.push(deserialize(body) as ChainRecord);
    position = end;
  }
  const [first] = records;
  if (first !== undefined && (first.kind !== 'genesis' || first.version !== 1)) {
    throw new JournalError(`${fileName} was written by another version: use another directory`);
  }
  return { records, bytes: position };
}

/**
 * One process per directory. The name lives in the kernel and goes with the process, however that
 * ends.
 */
async function lockDirectory(directory: string): Promise<Server> {
  const { dev, ino } = statSync(directory);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`\0io-operator-localnet-${dev}-${ino}`, resolve);
    });
  } catch (error) {
    throw new JournalError(`${directory} is used by another localnet`, { cause: error });
  }
  return server;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function sync(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A new name is durable when its directory is. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
