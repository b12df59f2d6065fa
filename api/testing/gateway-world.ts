import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { AccessReviews, Caller } from '../../operator/ports/access-reviews.ts';
import type { ClusterDirectory, ClusterPlace } from '../../operator/ports/cluster-directory.ts';
import type { GatewayMetrics } from '../../operator/ports/gateway-metrics.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import type { GatewayLimits } from '../gateway/limits.ts';
import type { GatewayPorts } from '../gateway/ports.ts';
import {
  grpcHead,
  httpHead,
  localHeads,
  startAgent,
  startGateway,
  type TestAgent,
  type TestGateway,
  testLease,
  tunnelOf,
} from './tunnel-world.ts';

/** The cluster that the world has; its head is whatever the test says. */
export const testCluster = '/clusters/team-a/llm';
export const rayToken = 'token-of-ray';

export type Answer = Readonly<{
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}>;

export type Ask = Readonly<{
  path?: string;
  method?: string;
  /** Default: that of `alice`, who may do everything with the cluster. Null: none. */
  token?: string | null;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}>;

/** Tokens are names here: `alice` bears the token `alice`. A test says who may do what. */
export class TestReviews implements AccessReviews {
  readonly asked: string[] = [];
  /** `user verb resource namespace/name`. */
  readonly allowed = new Set<string>();
  readonly users = new Set<string>(['alice', 'bob', 'carol']);
  away: Error | undefined;

  readonly authenticate = async (token: string): Promise<Caller | undefined> => {
    this.asked.push(`token ${token}`);
    if (this.away !== undefined) throw this.away;
    return this.users.has(token) ? { username: token, groups: [], extra: {} } : undefined;
  };

  readonly may: AccessReviews['may'] = async ({ username }, action) => {
    if (this.away !== undefined) throw this.away;
    const { verb, namespace, name, subresource } = action;
    const resource = subresource === undefined ? 'ioclusters' : `ioclusters/${subresource}`;
    const line = `${username} ${verb} ${resource} ${namespace}/${name}`;
    this.asked.push(line);
    return this.allowed.has(line);
  };

  allow(user: string, cluster = 'team-a/llm'): void {
    this.allowed.add(`${user} get ioclusters ${cluster}`);
    for (const verb of ['get', 'create']) {
      this.allowed.add(`${user} ${verb} ioclusters/proxy ${cluster}`);
    }
  }
}

/** A gateway, an agent, and the head of one cluster behind it, all on loopback. */
export class GatewayWorld {
  readonly gateway: TestGateway;
  readonly agent: TestAgent;
  readonly reviews: TestReviews;
  readonly places: Map<string, ClusterPlace>;
  readonly counted: string[];
  readonly logged: string[];
  readonly #stops: readonly (() => void)[];

  private constructor(
    parts: Pick<GatewayWorld, 'gateway' | 'agent' | 'reviews' | 'places' | 'counted' | 'logged'>,
    stops: readonly (() => void)[],
  ) {
    this.gateway = parts.gateway;
    this.agent = parts.agent;
    this.reviews = parts.reviews;
    this.places = parts.places;
    this.counted = parts.counted;
    this.logged = parts.logged;
    this.#stops = stops;
  }

  static async start(
    heads: { http: RequestListener; grpc?: Parameters<typeof grpcHead>[0]; onHttp?: OnHttp },
    limits: Partial<GatewayLimits> = {},
    /** What a real hub says, in place of what the test says. */
    hub: Partial<Pick<GatewayPorts, 'reviews' | 'clusters'>> = {},
  ): Promise<GatewayWorld> {
    const http = await httpHead(heads.http);
    heads.onHttp?.(http.server);
    const grpc = await grpcHead(heads.grpc ?? ((_, response) => response.end()));
    const reviews = new TestReviews();
    reviews.allow('alice');
    const lease = { id: testLease, member: 'a' };
    const running = { lease, ready: true, reason: 'Ready', message: 'All workers are ready.' };
    const places = new Map<string, ClusterPlace>([['team-a/llm', running]]);
    const [counted, logged]: [string[], string[]] = [[], []];
    const clusters: ClusterDirectory = {
      find: (namespace, name) => places.get(`${namespace}/${name}`),
      isKnown: () => true,
    };
    const line = (fields: object, message: string) =>
      void logged.push(JSON.stringify({ ...fields, message }));
    const renters = (tunnels: GatewayPorts['tunnels']): GatewayPorts => ({
      ...{ tunnels, reviews, clusters, limits, id: 'api-0', clock: systemClock, ...hub },
      logger: { debug: line, info: line, warn: line, error: line },
      metrics: countInto(counted),
    });
    const gateway = await startGateway({ renters });
    const ports = { dashboard: http.port, serve: http.port, client: grpc.port };
    const agent = startAgent(gateway, {
      heads: localHeads(`Bearer ${rayToken}`),
      portOf: (service) => ports[service],
    });
    await tunnelOf(gateway);
    const parts = { gateway, agent, reviews, places, counted, logged };
    return new GatewayWorld(parts, [() => http.stop(), () => grpc.stop()]);
  }

  get url(): string {
    return this.gateway.url;
  }

  get ca(): string {
    return this.gateway.api.authority.certificatePem;
  }

  /** Opens a request whose body is still to be written. */
  open({ path = `${testCluster}/dashboard/`, method = 'GET', token, headers }: Ask = {}) {
    const bearer = token === null ? {} : { authorization: `Bearer ${token ?? 'alice'}` };
    return httpsRequest(this.url, {
      ...{ path, method, ca: this.ca, agent: false },
      headers: { ...bearer, ...headers },
    });
  }

  async ask({ body, ...sent }: Ask = {}): Promise<Answer> {
    const request = this.open(sent);
    const answer = wholeAnswer(request);
    request.end(body);
    return answer;
  }

  /** Bytes as they are over TLS with HTTP/1.1; all that comes back until the server closes. */
  async raw(text: string): Promise<string> {
    const socket = await this.socket();
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.write(text, 'latin1');
    if (!socket.destroyed) await once(socket, 'close');
    return received;
  }

  async socket(alpn = 'http/1.1'): Promise<TLSSocket> {
    const { port } = this.gateway.api;
    const socket = connectTls({
      ...{ host: '127.0.0.1', port, ca: this.ca, ALPNProtocols: [alpn] },
    });
    socket.on('error', () => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.agent.stop();
    await this.gateway.stop();
  }
}

type OnHttp = (server: Awaited<ReturnType<typeof httpHead>>['server']) => void;

export async function wholeAnswer(request: ReturnType<typeof httpsRequest>): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** `status reason` of an answer of the gateway itself. */
export function toldBy({ status, text }: Answer): string {
  const { reason } = JSON.parse(text) as { reason?: string };
  return `${status} ${reason ?? ''}`;
}

function countInto(counted: string[]): GatewayMetrics {
  return {
    ended: (service, status) => void counted.push(`ended ${service} ${status}`),
    carried: (service, { up, down }) => void counted.push(`carried ${service} ${up} ${down}`),
    open: (service, count) => void counted.push(`open ${service} ${count}`),
    refused: (reason) => void counted.push(`refused ${reason}`),
    reviewed: (what, outcome) => void counted.push(`reviewed ${what} ${outcome}`),
  };
}
