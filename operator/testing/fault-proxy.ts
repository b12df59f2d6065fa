import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { KubeConfig, type User } from '@kubernetes/client-node';
import {
  createAuthority,
  issueCertificate,
  type KeyPair,
} from '../../hack/federation/certificate.ts';
import { changeFrames, type FrameFault } from './frame-faults.ts';

/** What goes wrong with one request. Bytes and frames count from the start of the answer's body. */
export type Fault =
  | { kind: 'answer'; status: number; retryAfterSeconds?: number; reason?: string; body?: string }
  | { kind: 'drop' }
  | { kind: 'stall'; afterBytes: number }
  | { kind: 'delay'; ms: number }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'truncate'; afterBytes: number }
  | FrameFault;

/** One request as it came in. */
export type SeenRequest = {
  method: string;
  /** With its query. */
  path: string;
  watch: boolean;
  authorization: string | undefined;
  /** Common name of the client's certificate. */
  clientName: string | undefined;
};

type Plan = { matches: (request: SeenRequest) => boolean; fault: Fault; left: number };

/**
 * Stands between a client and a real API server, ends TLS with a certificate of its own CA, and
 * breaks what it is told to break. Upstream it uses the kubeconfig's own client certificate.
 */
export class FaultProxy {
  /** For clients of the proxy. */
  readonly kubeConfig: KubeConfig;
  readonly port: number;
  /** The CA of the proxy; it signs client certificates for tests too. */
  readonly authority: KeyPair;
  /** Every request since the start, or since a test emptied it. */
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #upstream: { origin: URL; agent: Agent };
  readonly #sockets: Set<Socket>;
  #plans: Plan[] = [];
  #refusing = false;

  private constructor(options: {
    server: Server;
    sockets: Set<Socket>;
    authority: KeyPair;
    upstream: { origin: URL; agent: Agent };
  }) {
    this.#server = options.server;
    this.#sockets = options.sockets;
    this.#upstream = options.upstream;
    this.authority = options.authority;
    this.port = (options.server.address() as AddressInfo).port;
    const client = issueCertificate(options.authority, { commonName: 'test', validDays: 1 });
    this.kubeConfig = this.kubeConfigFor({
      name: 'test',
      certData: base64(client.certificatePem),
      keyData: base64(client.keyPem),
    });
    options.server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  /** Starts a proxy in front of the current cluster of `kubeConfig`, on a free loopback port. */
  static async start(kubeConfig: KubeConfig): Promise<FaultProxy> {
    const authority = createAuthority('fault proxy', 1);
    const request = { commonName: 'proxy', hosts: ['127.0.0.1'], validDays: 1 };
    const pair = issueCertificate(authority, request);
    const server = createServer({
      key: pair.keyPem,
      cert: pair.certificatePem,
      ca: authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const options: Record<string, unknown> = {};
    await kubeConfig.applyToHTTPSOptions(options);
    const { ca, cert, key } = options;
    const agent = new Agent({ keepAlive: true, ca, cert, key } as ConstructorParameters<
      typeof Agent
    >[0]);
    const origin = new URL(kubeConfig.getCurrentCluster()?.server ?? '');
    return new FaultProxy({ server, sockets, authority, upstream: { origin, agent } });
  }

  /** A kubeconfig that leads through the proxy, as `user`. */
  kubeConfigFor(user: User): KubeConfig {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      {
        name: 'proxy',
        server: `https://127.0.0.1:${this.port}`,
        caData: base64(this.authority.certificatePem),
        skipTLSVerify: false,
      },
      user,
    );
    return kubeConfig;
  }

  /** The next `times` requests that match suffer the fault; plans are tried in their order. */
  inject(fault: Fault, matches: (request: SeenRequest) => boolean = () => true, times = 1): void {
    this.#plans.push({ matches, fault, left: times });
  }

  /** Plans that were not used up. */
  get pending(): number {
    return this.#plans.length;
  }

  /** Forgets all plans, and accepts connections again. */
  heal(): void {
    this.#plans = [];
    this.#refusing = false;
  }

  /** Ends every connection at once, in the middle of whatever it carries. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Until `heal`, every connection ends as soon as it is made. */
  refuseConnections(): void {
    this.#refusing = true;
    this.cutConnections();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cutConnections();
    this.#upstream.agent.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = describe(request);
    this.seen.push(seen);
    if (this.#refusing) {
      request.socket.destroy();
      return;
    }
    const fault = this.#faultFor(seen);
    if (fault?.kind === 'drop') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'answer') {
      request.resume();
      answer(response, fault);
      return;
    }
    if (fault?.kind === 'delay') await delay(fault.ms);
    const upstream = await this.#forward(request, response);
    const headers = { ...upstream.headers };
    delete headers['content-length'];
    delete headers['transfer-encoding'];
    delete headers['connection'];
    response.writeHead(upstream.statusCode ?? 502, headers);
    response.flushHeaders();
    await pass(upstream, response, fault);
  }

  #faultFor(seen: SeenRequest): Fault | undefined {
    const plan = this.#plans.find((candidate) => candidate.matches(seen));
    if (plan === undefined) return undefined;
    plan.left -= 1;
    if (plan.left <= 0) this.#plans = this.#plans.filter((other) => other !== plan);
    return plan.fault;
  }

  #forward(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    const { origin, agent } = this.#upstream;
    const headers = { ...request.headers, host: origin.host };
    delete headers.authorization;
    delete headers.connection;
    return new Promise((resolve, reject) => {
      const forwarded = httpsRequest(
        {
          host: origin.hostname,
          port: origin.port,
          method: request.method,
          path: request.url,
          headers,
          agent,
        },
        resolve,
      );
      forwarded.once('error', reject);
      response.once('close', () => forwarded.destroy());
      request.pipe(forwarded);
    });
  }
}

/** Passes the body on, with its fault. */
async function pass(
  upstream: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const limit = fault !== undefined && 'afterBytes' in fault ? fault.afterBytes : Infinity;
  const isFrameFault = fault !== undefined && 'afterFrames' in fault;
  const chunks = isFrameFault ? changeFrames(upstream, fault) : upstream;
  let sent = 0;
  try {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      if (sent + chunk.length >= limit) {
        // Wait until it is on its way, or the cut that follows would take it along.
        await new Promise((resolve) => response.write(chunk.subarray(0, limit - sent), resolve));
        break;
      }
      sent += chunk.length;
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed(response)]);
    }
  } catch {
    // The API server itself cut the connection: the client sees just that.
    response.destroy();
    return;
  }
  if (fault?.kind === 'stall') {
    await closed(response);
    return;
  }
  if (fault?.kind === 'cut') {
    response.destroy();
    return;
  }
  response.end();
}

async function closed(response: ServerResponse): Promise<void> {
  if (!response.destroyed) await once(response, 'close');
}

function answer(response: ServerResponse, fault: Fault & { kind: 'answer' }): void {
  const { status, retryAfterSeconds, reason } = fault;
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  const kubernetesStatus = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: 'injected',
    code: status,
    ...(reason === undefined ? {} : { reason }),
  };
  response.end(fault.body ?? JSON.stringify(kubernetesStatus));
}

function describe(request: IncomingMessage): SeenRequest {
  const path = request.url ?? '/';
  const subject = (request.socket as TLSSocket).getPeerCertificate?.().subject;
  const name = subject?.CN;
  return {
    method: request.method ?? '',
    path,
    watch: new URLSearchParams(path.split('?')[1] ?? '').get('watch') === 'true',
    authorization: request.headers.authorization,
    clientName: Array.isArray(name) ? name[0] : name,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
