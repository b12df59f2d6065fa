import { crc32 } from 'node:zlib';
import type { SpoolFiles } from './spool-files.ts';

/**
 * A segment is a list of records: length and checksum as 32 bits each, then JSON. Zeros are its end.
 * A checksum goes on from that of the record before, so that what is left of an older write behind
 * the end never counts.
 */
const headerBytes = 8;
const chunkBytes = 256 * 1024;
/** More than any record has; a larger length is no length. */
const maxRecordBytes = 64 * 1024 * 1024;

/** Where a record begins, and the checksum of the one before it. */
export type RecordPlace = Readonly<{ position: number; checksum: number }>;

/** A record, and where the next one begins. */
export type SpoolRecord = Readonly<{ value: unknown; next: RecordPlace }>;

/** Where the first record of a segment begins. */
export const firstPlace = (segment: string): RecordPlace => ({
  position: 0,
  checksum: crc32(segment),
});

export function encodeRecord(
  value: unknown,
  { position, checksum }: RecordPlace,
): Readonly<{ bytes: Buffer; next: RecordPlace }> {
  const payload = Buffer.from(JSON.stringify(value));
  const sum = crc32(payload, checksum);
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt32LE(sum, 4);
  payload.copy(bytes, headerBytes);
  return { bytes, next: { position: position + bytes.length, checksum: sum } };
}

/** The records from `place` on, up to the first that is not whole. */
export async function* readRecords(
  files: Pick<SpoolFiles, 'read'>,
  segment: string,
  place: RecordPlace,
): AsyncGenerator<SpoolRecord, void, undefined> {
  let { position, checksum } = place;
  let chunk: Buffer = Buffer.alloc(0);
  let chunkAt = position;
  const bytesAt = async (at: number, length: number): Promise<Buffer> => {
    if (at + length > chunkAt + chunk.length) {
      chunk = await files.read(segment, at, Math.max(length, chunkBytes));
      chunkAt = at;
    }
    return chunk.subarray(at - chunkAt, at - chunkAt + length);
  };
  for (;;) {
    const header = await bytesAt(position, headerBytes);
    const length = header.length < headerBytes ? 0 : header.readUInt32LE(0);
    if (length === 0 || length > maxRecordBytes) return;
    const expected = header.readUInt32LE(4);
    const payload = await bytesAt(position + headerBytes, length);
    if (payload.length < length || crc32(payload, checksum) !== expected) return;
    position += headerBytes + length;
    checksum = expected;
    yield { value: JSON.parse(payload.toString('utf8')), next: { position, checksum } };
  }
}
