import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import { createAuthority, issueCertificate } from '../../../hack/federation/certificate.ts';

/** A job of the stand-in: its log grows as the test wants. */
export type FakeJob = {
  submission_id: string;
  status: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  entrypoint: string;
  runtime_env?: Record<string, unknown>;
  metadata?: Record<string, string>;
  driver_exit_code: number | null;
  start_time: number;
  log: string;
};

const valid = { validDays: 10 };
const prefix = '/clusters/';

/**
 * What the gateway is to kubectl io: HTTPS with paths below /clusters/NAMESPACE/NAME/, bearer tokens,
 * problems; behind it Ray's Jobs API (job_head.py of Ray 2.52: paths, names, codes and the websocket
 * that tells all of a log from its beginning), pages, and gRPC. A real server on a real socket.
 */
export class RayGateway {
  readonly caPem: string;
  readonly jobs = new Map<string, FakeJob>();
  readonly packages = new Map<string, Buffer>();
  /** Requests as they came: method and path. */
  readonly seen: string[] = [];
  readonly accepted = new Set<string>();
  /** What was sent besides, for tests of headers. */
  lastHeaders: Record<string, unknown> = {};
  /** Answers the next requests whose path has this in it with that status, as the gateway does. */
  faults: { path: string; status: number; times: number }[] = [];
  /** Takes the next submission and breaks the connection instead of an answer. */
  loseSubmission = false;
  readonly #server: Http2SecureServer;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #tails = new Set<{ id: string; socket: WebSocket; sent: number }>();
  #time = 1_764_000_000_000;

  readonly cluster: string;
  readonly #connections = new Set<Duplex>();

  private constructor(cluster: string) {
    this.cluster = cluster;
    const authority = createAuthority('gateway', 1);
    const pair = issueCertificate(authority, { commonName: 'api', hosts: ['127.0.0.1'], ...valid });
    this.caPem = authority.certificatePem;
    this.#server = createSecureServer({
      ...{ key: pair.keyPem, cert: pair.certificatePem, allowHTTP1: true },
    });
    this.#server.on('secureConnection', (socket: Duplex) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#server.on('request', (request, response) => {
      if (request.httpVersionMajor === 2) {
        this.#grpc(request, response);
        return;
      }
      const http1: unknown[] = [request, response];
      void this.#answer(...(http1 as [IncomingMessage, ServerResponse]));
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
  }

  static async start(cluster: string): Promise<RayGateway> {
    const gateway = new RayGateway(cluster);
    await new Promise<void>((resolve) => {
      gateway.#server.listen(0, '127.0.0.1', resolve);
    });
    return gateway;
  }

  /** Ray alone, as the head of a cluster: for tests with the real gateway before it. */
  readonly head = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '' } = request;
    this.seen.push(`${method} ${path}`);
    this.lastHeaders = { ...request.headers };
    const [status, answer] = this.#ray(method, `dashboard${path}`, await buffer(request));
    this.#send(response, status, answer);
  };

  /** The same for websockets. */
  readonly headUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.lastHeaders = { ...request.headers };
    this.#open(request, socket, head);
  };

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get endpoint(): string {
    return `${this.url}${prefix}${this.cluster}/`;
  }

  /** How many follow a log now. */
  get tails(): number {
    return this.#tails.size;
  }

  job(id: string, patch: Partial<FakeJob> = {}): FakeJob {
    this.#time += 1_000;
    const job: FakeJob = {
      ...{ submission_id: id, status: 'RUNNING', entrypoint: 'x', driver_exit_code: null, log: '' },
      start_time: this.#time,
      ...patch,
    };
    this.jobs.set(id, job);
    return job;
  }

  log(id: string, text: string): void {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    job.log += text;
    this.#tell();
  }

  /** Ends a job, and the connections that follow it. */
  end(id: string, status: FakeJob['status'], code: number | null = null): void {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    Object.assign(job, { status, driver_exit_code: code });
    for (const tail of this.#tails) if (tail.id === id) tail.socket.close();
  }

  /** As a gateway that is killed: nothing is closed in order. */
  breakTails(): void {
    for (const { socket } of this.#tails) socket.terminate();
  }

  async stop(): Promise<void> {
    this.breakTails();
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refusal(path: string, authorization: unknown): { status: number; detail: string } | undefined {
    const token = /^Bearer (.+)$/.exec(String(authorization))?.[1];
    if (token === undefined || !this.accepted.has(token)) {
      return { status: 401, detail: 'the token is not known' };
    }
    const fault = this.faults.find((each) => each.times > 0 && path.includes(each.path));
    if (fault !== undefined) {
      fault.times -= 1;
      return { status: fault.status, detail: 'a fault of the gateway' };
    }
    if (path.startsWith(`${prefix}${this.cluster}/`)) return undefined;
    return { status: 404, detail: 'there is no such cluster' };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    this.seen.push(`${method} ${path}`);
    this.lastHeaders = { ...request.headers };
    const body = await buffer(request);
    const refusal = this.#refusal(path, request.headers.authorization);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(refusal));
      return;
    }
    const rest = path.slice(prefix.length + this.cluster.length + 1);
    if (this.loseSubmission && method === 'POST' && rest === 'dashboard/api/jobs/') {
      this.loseSubmission = false;
      this.#submit(body);
      request.socket.destroy();
      return;
    }
    const [status, answer] = this.#ray(method, rest, body);
    this.#send(response, status, answer);
  }

  #send(response: ServerResponse, status: number, answer: unknown): void {
    const isText = typeof answer === 'string';
    response.writeHead(status, {
      'content-type': isText ? 'text/plain' : 'application/json',
      ...(status === 302 ? { location: `${prefix}${this.cluster}/serve/moved` } : {}),
    });
    response.end(isText ? answer : JSON.stringify(answer));
  }

  #ray(method: string, path: string, body: Buffer): [number, unknown] {
    const [, name = ''] = /^dashboard\/api\/packages\/gcs\/([^/]+)$/.exec(path) ?? [];
    if (name !== '') {
      if (method === 'PUT') this.packages.set(name, body);
      return this.packages.has(name) ? [200, ''] : [404, `Package gcs://${name} does not exist`];
    }
    if (path === 'serve/redirect') return [302, ''];
    if (path.startsWith('dashboard/api/jobs/')) return this.#jobs(method, path, body);
    return [200, `${method} ${path} ${body.toString('utf8')}`];
  }

  #jobs(method: string, path: string, body: Buffer): [number, unknown] {
    const [, id = '', verb = ''] = /^dashboard\/api\/jobs\/([^/]*)(?:\/(\w+))?$/.exec(path) ?? [];
    if (id === '') {
      return method === 'POST' ? this.#submit(body) : [200, [...this.jobs.values()].map(told)];
    }
    const job = this.jobs.get(decodeURIComponent(id));
    if (job === undefined) return [404, `Job ${id} does not exist`];
    if (verb === 'logs') return [200, { logs: job.log }];
    if (verb !== 'stop') return [200, told(job)];
    const stopped = job.status === 'RUNNING';
    if (stopped) this.end(job.submission_id, 'STOPPED');
    return [200, { stopped }];
  }

  #submit(body: Buffer): [number, unknown] {
    const asked = JSON.parse(body.toString('utf8')) as FakeJob;
    if (this.jobs.has(asked.submission_id)) {
      return [500, `Traceback\nValueError: Job with submission_id ${asked.submission_id} exists`];
    }
    this.job(asked.submission_id, asked);
    return [200, { job_id: asked.submission_id, submission_id: asked.submission_id }];
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { url: path = '' } = request;
    this.seen.push(`UPGRADE ${path}`);
    this.lastHeaders = { ...request.headers };
    const refusal = this.#refusal(path, request.headers.authorization);
    if (refusal !== undefined) {
      const text = JSON.stringify(refusal);
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\ncontent-type: application/problem+json\r\n` +
          `content-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
      );
      return;
    }
    this.#open(request, socket, head);
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { url: path = '' } = request;
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      const [, id] = /\/api\/jobs\/([^/]+)\/logs\/tail$/.exec(path) ?? [];
      if (id === undefined)
        opened.on('message', (data: Buffer) => opened.send(`echo ${data.toString('utf8')}`));
      else this.#tail(decodeURIComponent(id), opened);
    });
  }

  /** All of the log from its beginning, then what comes. */
  #tail(id: string, socket: WebSocket): void {
    const tail = { id, socket, sent: 0 };
    this.#tails.add(tail);
    socket.on('close', () => this.#tails.delete(tail));
    this.#tell();
    if (this.jobs.get(id)?.status !== 'RUNNING') socket.close();
  }

  #tell(): void {
    for (const tail of this.#tails) {
      const text = (this.jobs.get(tail.id)?.log ?? '').slice(tail.sent);
      tail.sent += text.length;
      if (text !== '') tail.socket.send(text);
    }
  }

  /** Says back what it gets; the method Refuse has only headers, as errors of gRPC have. */
  #grpc(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const { url: path } = request;
    this.seen.push(`GRPC ${path}`);
    this.lastHeaders = request.headers;
    const refusal = this.#refusal(path, request.headers.authorization);
    const type = { 'content-type': 'application/grpc' };
    if (refusal !== undefined) {
      response.writeHead(refusal.status).end();
    } else if (path.endsWith('/Refuse')) {
      response.writeHead(200, { ...type, 'grpc-status': '5', 'grpc-message': 'none' }).end();
    } else {
      response.writeHead(200, type);
      response.addTrailers({ 'grpc-status': '0', 'x-end': 'yes' });
      request.pipe(response);
    }
  }
}

const told = (job: FakeJob) => ({
  ...job,
  // Ray does not tell it here.
  log: undefined,
  ...{ type: 'SUBMISSION', job_id: null, message: `Job is ${job.status}`, error_type: null },
});
