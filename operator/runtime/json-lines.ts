import { ApiError } from './api-error.ts';

const newline = 0x0a;

/**
 * Cuts a byte stream into lines. What follows the last newline is dropped, since a stream that
 * was cut in the middle of a frame has not said it. Throws ApiError `ResponseTooLarge` when a
 * line is longer than `maximumBytes`.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  maximumBytes: number,
): AsyncGenerator<string, void, undefined> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end === -1) break;
      const tail = chunk.subarray(start, end);
      const line = pending.length === 0 ? tail : Buffer.concat([...pending, tail]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start < chunk.length) {
      // A copy, so that a short rest does not keep the socket's whole buffer alive.
      const rest = Buffer.from(chunk.subarray(start));
      pending.push(rest);
      pendingBytes += rest.length;
      if (pendingBytes > maximumBytes) throw tooLarge(maximumBytes);
    }
  }
}

/** The whole body as text. Throws ApiError `ResponseTooLarge` above `maximumBytes`. */
export async function textOf(chunks: AsyncIterable<Buffer>, maximumBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maximumBytes) throw tooLarge(maximumBytes);
    parts.push(chunk);
  }
  return parts.length === 1
    ? (parts[0] as Buffer).toString('utf8')
    : Buffer.concat(parts, bytes).toString('utf8');
}

function tooLarge(maximumBytes: number): ApiError {
  return new ApiError({
    status: 0,
    reason: 'ResponseTooLarge',
    message: `the API server sent more than ${maximumBytes} bytes at once`,
  });
}
