import { type IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TunnelHeaders } from '../../operator/ports/tunnel.ts';
import { type Problem, problemBody, problemHeaders } from '../problem.ts';
import type { Meter } from './stream-watch.ts';

export type RenterRequest = IncomingMessage | Http2ServerRequest;
export type RenterResponse = ServerResponse | Http2ServerResponse;

/** Whether the request has a body, or will have one. */
export function hasBody(request: RenterRequest): boolean {
  if (request instanceof Http2ServerRequest) return !request.stream.endAfterHeaders;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/** Answers with a problem, or cuts an answer off that has begun. */
export function answerProblem(
  request: RenterRequest,
  response: RenterResponse,
  problem: Problem,
): void {
  if (response.headersSent || response.destroyed) {
    cutOff(request, response);
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problemHeaders(problem))) {
    response.setHeader(name, value);
  }
  answerOnce(request, response, `${JSON.stringify(problemBody(problem))}\n`);
}

/** Sends a whole answer, whether the request's body was read or not. */
export function answerOnce(request: RenterRequest, response: RenterResponse, body: string): void {
  response.setHeader('content-length', Buffer.byteLength(body));
  leaveRestOfBody(request, response);
  // `end` of the two has other parameters.
  if (response instanceof ServerResponse) response.end(request.method === 'HEAD' ? '' : body);
  else response.end(request.method === 'HEAD' ? '' : body);
}

/** Sends an answer of a cluster, as fast as the renter reads it. Throws when it was cut off. */
export async function answerWith(
  request: RenterRequest,
  response: RenterResponse,
  { status, headers, body, trailers, meter }: ClusterAnswer,
): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  if (isBodiless(request.method, status, headers)) {
    body.resume();
    leaveRestOfBody(request, response);
    response.end();
    return;
  }
  if (response instanceof ServerResponse) response.strictContentLength = true;
  leaveRestOfBody(request, response);
  if (response instanceof ServerResponse) response.flushHeaders();
  else response.writeHead(status);
  body.once('end', () => {
    if (response instanceof ServerResponse) return;
    response.addTrailers(mutable(trailers()));
  });
  await pipeline(body, meter, writableOf(response));
}

export type ClusterAnswer = Readonly<{
  status: number;
  headers: TunnelHeaders;
  body: NodeJS.ReadableStream;
  trailers: () => TunnelHeaders;
  meter: Meter;
}>;

/** Ends an exchange so that its renter sees that it is not whole. */
export function cutOff(request: RenterRequest, response: RenterResponse): void {
  if (request instanceof Http2ServerRequest) request.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (response instanceof ServerResponse) response.destroy();
}

const mutable = (headers: TunnelHeaders): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : [...value]]],
    ),
  );

const writableOf = (response: RenterResponse): Writable =>
  response instanceof ServerResponse ? response : response.stream;

/**
 * Says that the rest of a body is not waited for: HTTP/1.1 by closing the connection after the answer,
 * HTTP/2 by resetting the stream without an error.
 */
function leaveRestOfBody(request: RenterRequest, response: RenterResponse): void {
  if (request.complete) return;
  if (response instanceof ServerResponse) {
    response.setHeader('connection', 'close');
  } else {
    const { stream } = response;
    response.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** Also the answers of gRPC that are trailers alone: their status is in the headers. */
function isBodiless(method: string | undefined, status: number, headers: TunnelHeaders): boolean {
  return (
    method === 'HEAD' || status === 204 || status === 304 || headers['grpc-status'] !== undefined
  );
}
