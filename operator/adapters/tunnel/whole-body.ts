import { constants, type Http2Stream } from 'node:http2';
import { Duplex, Readable } from 'node:stream';
import { tunnelHeader } from '../../domain/tunnel/headers.ts';

const highWaterMark = 64 * 1024;

/**
 * Resets a stream, whatever is under way of it. Never with CANCEL: the runtime keeps such a reset back
 * until there is something else to send.
 */
export function cutOff(stream: Http2Stream): void {
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

/**
 * The body of a message of the tunnel, which errors when it was cut off. HTTP/2 of the runtime ends a
 * stream that is reset, or whose connection is gone, like one that is complete; so each end sends a
 * trailer after what is whole. `isWhole`: the head of the message said that nothing follows.
 */
export function wholeBody(stream: Http2Stream, isWhole: boolean): Readable {
  let hasEnd = isWhole;
  let isOver = false;
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    if (hasEnd && stream.readableLength === 0) body.push(null);
    else body.destroy(new Error('the other end of the tunnel cut it off'));
  };
  const body = new Readable({
    highWaterMark,
    read: () => void stream.resume(),
    destroy: (error, done) => {
      if (!isOver) cutOff(stream);
      isOver = true;
      done(error);
    },
  });
  stream.on('trailers', (trailers) => {
    if (trailers[tunnelHeader.end] === '1') hasEnd = true;
  });
  stream.on('data', (chunk: Buffer) => {
    if (!isOver && !body.push(chunk)) stream.pause();
  });
  stream.pause();
  stream.on('end', finish);
  stream.on('close', finish);
  return body;
}

/** Sends the trailer that says that the message is whole, when `isWhole` says so at its end. */
export function endWhole(
  stream: Http2Stream,
  isWhole: () => boolean,
  trailers: () => Record<string, string | string[]> = () => ({}),
): void {
  stream.on('wantTrailers', () => {
    // Without the trailer the stream stays open until it is reset.
    if (isWhole()) stream.sendTrailers({ ...trailers(), [tunnelHeader.end]: '1' });
    else cutOff(stream);
  });
}

/**
 * Sends what is read from a source as a body. Not by `pipeline`, which destroys a stream that is reset
 * before the other end is told.
 */
export function pour(source: Readable, stream: Http2Stream): void {
  source.once('error', () => cutOff(stream));
  source.once('close', () => {
    if (!source.readableEnded) cutOff(stream);
  });
  stream.once('close', () => source.destroy());
  source.pipe(stream);
}

/** A stream whose two directions are one connection; ending both or destroying it ends the stream. */
export function connectionOf(stream: Http2Stream): Duplex {
  let isEnded = false;
  const connection = new Duplex({
    ...{ highWaterMark, allowHalfOpen: true },
    read: () => void stream.resume(),
    write: (chunk: Buffer, _encoding, done) => void stream.write(chunk, done),
    final: (done) => void stream.end(done),
    destroy: (error, done) => {
      cutOff(stream);
      done(error);
    },
  });
  stream.on('data', (chunk: Buffer) => {
    if (!connection.push(chunk)) stream.pause();
  });
  stream.pause();
  stream.on('end', () => {
    isEnded = true;
    connection.push(null);
  });
  stream.on('close', () => {
    // What came before the end is still to be read.
    if (isEnded && !connection.readableEnded) connection.once('end', () => connection.destroy());
    else connection.destroy();
  });
  return connection;
}
