import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one spool, by name. What is `durable` survives a loss of power. */
export type SpoolFiles = Readonly<{
  names: () => Promise<readonly string[]>;
  /** Makes a file of `bytes` zeros: what is written into it later needs no room any more. */
  allocate: (name: string, bytes: number) => Promise<void>;
  /** Bytes of a file; 0 when there is none. */
  size: (name: string) => Promise<number>;
  /** At most `length` bytes; fewer at the end of the file. */
  read: (name: string, position: number, length: number) => Promise<Buffer>;
  write: (name: string, position: number, bytes: Uint8Array, durable: boolean) => Promise<void>;
  /** Adds to the end of a file that need not exist, durably. */
  append: (name: string, text: string) => Promise<void>;
  rename: (from: string, to: string) => Promise<void>;
  remove: (name: string) => Promise<void>;
  close: () => Promise<void>;
}>;

const zeros = Buffer.alloc(256 * 1024);
/** Renters' usage is nobody else's business on the node. */
const fileMode = 0o600;
const directoryMode = 0o700;

/** A directory of this machine; it is made when there is none. */
export async function spoolDirectory(directory: string): Promise<SpoolFiles> {
  await mkdir(directory, { recursive: true, mode: directoryMode });
  const writer = new Writer(directory);
  return {
    names: () => readdir(directory),
    size: async (name) => (await stat(join(directory, name)).catch(noFile))?.size ?? 0,
    allocate: (name, bytes) => allocate(directory, name, bytes),
    read: (name, position, length) => read(join(directory, name), position, length),
    write: (name, position, bytes, durable) => writer.write(name, position, bytes, durable),
    append: (name, text) => append(directory, name, text),
    rename: (from, to) => rename(join(directory, from), join(directory, to)),
    remove: async (name) => {
      await writer.leave(name);
      await unlink(join(directory, name));
    },
    close: () => writer.close(),
  };
}

/** Keeps the file open that was written last. */
class Writer {
  readonly #directory: string;
  #open: { name: string; handle: FileHandle } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(name: string, position: number, bytes: Uint8Array, durable: boolean): Promise<void> {
    const handle = await this.#handle(name);
    for (let done = 0; done < bytes.length; ) {
      const left = bytes.length - done;
      const { bytesWritten } = await handle.write(bytes, done, left, position + done);
      done += bytesWritten;
    }
    if (durable) await handle.datasync();
  }

  async leave(name: string): Promise<void> {
    if (this.#open?.name === name) await this.close();
  }

  async close(): Promise<void> {
    const last = this.#open;
    this.#open = undefined;
    await last?.handle.close();
  }

  async #handle(name: string): Promise<FileHandle> {
    if (this.#open?.name === name) return this.#open.handle;
    await this.close();
    const handle = await open(join(this.#directory, name), 'r+');
    this.#open = { name, handle };
    return handle;
  }
}

async function allocate(directory: string, name: string, bytes: number): Promise<void> {
  const path = join(directory, name);
  const handle = await open(path, 'wx', fileMode);
  try {
    for (let left = bytes; left > 0; left -= zeros.length) {
      await handle.writeFile(zeros.subarray(0, Math.min(left, zeros.length)));
    }
    await handle.sync();
  } catch (error) {
    await handle.close();
    await unlink(path);
    throw error;
  }
  await handle.close();
  await syncDirectory(directory);
}

async function read(path: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  } finally {
    await handle.close();
  }
}

async function append(directory: string, name: string, text: string): Promise<void> {
  const handle = await open(join(directory, name), 'a', fileMode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncDirectory(directory);
}

/** A new name is durable when its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
