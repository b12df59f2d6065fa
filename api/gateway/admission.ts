import type { IncomingHttpHeaders } from 'node:http';
import { type GatewayTarget, readTarget } from '../../operator/domain/gateway/target.ts';
import type { TunnelService } from '../../operator/domain/tunnel/services.ts';
import type { Caller } from '../../operator/ports/access-reviews.ts';
import type { ClusterDirectory } from '../../operator/ports/cluster-directory.ts';
import type { Tunnel } from '../../operator/ports/tunnel.ts';
import { bearerOf } from '../plugins/bearer-identity.ts';
import { Problem } from '../problem.ts';
import { ClusterAccess } from './cluster-access.ts';
import { isHeadAway } from './faults.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewayPorts } from './ports.ts';
import { StreamPlaces } from './stream-places.ts';

export type Asked = Readonly<{
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}>;

/** A request that may go on, with the places that it takes up until `leave`. */
export type Admitted = Readonly<{
  caller: Caller;
  /** Throws a problem when it may not go on any more. */
  recheck: () => Promise<void>;
  leave: () => void;
}>;

/** Where a request goes. */
export type Route = Readonly<{ lease: string; member: string; tunnel: Tunnel }>;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** As many as the tunnel carries, less what the gateway adds. */
const maxHeaders = 90;
const retrySeconds = 2;

/** Says of each request who sends it, whether they may, and where it goes; or throws a problem. */
export class GatewayAdmission {
  readonly #ports: GatewayPorts;
  readonly #limits: GatewayLimits;
  readonly #access: ClusterAccess;
  readonly #places: StreamPlaces;
  #admitting = 0;

  constructor(ports: GatewayPorts, limits: GatewayLimits) {
    this.#ports = ports;
    this.#limits = limits;
    this.#access = new ClusterAccess(ports, limits);
    this.#places = new StreamPlaces(limits);
  }

  /** Nothing of the request's body is read before. */
  async admit({ method, headers }: Asked, target: GatewayTarget): Promise<Admitted> {
    if (!methods.includes(method)) {
      throw new Problem(405, 'MethodNotAllowed', `the gateway takes ${methods.join(', ')}`);
    }
    if (Object.keys(headers).length > maxHeaders) {
      throw new Problem(431, 'TooManyHeaders', `send at most ${maxHeaders} headers`);
    }
    if (this.#admitting >= this.#limits.admitting) {
      const details = { retryAfterSeconds: retrySeconds };
      throw new Problem(503, 'Overloaded', 'the gateway is busy; send it again', details);
    }
    this.#admitting += 1;
    try {
      return await this.#admit(bearerOf(headers), method, target);
    } finally {
      this.#admitting -= 1;
    }
  }

  /** Where what the cluster serves is; who may not know of the cluster is told nothing of it. */
  async route(
    { caller }: Admitted,
    { method }: Asked,
    { namespace, name }: GatewayTarget,
  ): Promise<Route> {
    const { clusters, tunnels } = this.#ports;
    if (!clusters.isKnown()) {
      const details = { retryAfterSeconds: retrySeconds };
      throw new Problem(
        503,
        'ClustersUnknown',
        'the clusters are being read; send it again',
        details,
      );
    }
    const place = clusters.find(namespace, name);
    if (place?.lease !== undefined) {
      const { id: lease, member } = place.lease;
      const tunnel = tunnels.open(member);
      if (tunnel !== undefined) return { lease, member, tunnel };
      const text =
        'the data centre of the cluster is not connected to this gateway now; send it again';
      throw new Problem(503, 'MemberUnreachable', text, { retryAfterSeconds: retrySeconds });
    }
    await this.#access.know(caller, method, namespace, name);
    if (place === undefined) throw noCluster(namespace, name);
    throw notRunning(place, namespace, name);
  }

  /** Throws that there is no such cluster, or, to who may not know of it, that they may not. */
  async tellNothing(caller: Caller, { namespace, name }: GatewayTarget): Promise<never> {
    await this.#access.know(caller, 'GET', namespace, name);
    throw noCluster(namespace, name);
  }

  /** What the hub knows of a cluster whose head does not answer says more than that it does not. */
  async explained(
    error: unknown,
    { caller }: Admitted,
    { method }: Asked,
    { namespace, name }: GatewayTarget,
  ): Promise<unknown> {
    const place = isHeadAway(error) ? this.#ports.clusters.find(namespace, name) : undefined;
    if (place === undefined || place.ready) return error;
    try {
      await this.#access.know(caller, method, namespace, name);
      return notRunning(place, namespace, name);
    } catch (other) {
      return other;
    }
  }

  async #admit(token: string, method: string, target: GatewayTarget): Promise<Admitted> {
    const { namespace, name } = target;
    const caller = await this.#access.callerOf(token);
    const leaveUser = this.#places.ofUser(caller.username);
    try {
      await this.#access.use(caller, method, namespace, name);
      const leaveCluster = this.#places.ofCluster(`${namespace}/${name}`);
      return {
        caller,
        recheck: async () => {
          const now = await this.#access.callerOf(token);
          await this.#access.use(now, method, namespace, name);
        },
        leave: () => {
          leaveCluster();
          leaveUser();
        },
      };
    } catch (error) {
      leaveUser();
      throw error;
    }
  }
}

/** Throws a problem unless the cluster still has the lease. */
export function checkLease(
  clusters: ClusterDirectory,
  { namespace, name }: GatewayTarget,
  lease: string,
): void {
  if (clusters.find(namespace, name)?.lease?.id === lease) return;
  throw new Problem(409, 'LeaseEnded', 'the lease of the cluster has ended, or it was placed anew');
}

const noCluster = (namespace: string, name: string): Problem =>
  new Problem(
    404,
    'ClusterNotFound',
    `there is no IOCluster ${name} in the namespace ${namespace}`,
  );

function notRunning(
  { reason, message }: Readonly<{ reason: string; message: string }>,
  namespace: string,
  name: string,
): Problem {
  const text = `IOCluster ${namespace}/${name} does not run: ${message}`;
  return new Problem(409, 'ClusterNotRunning', text, { more: { clusterReason: reason } });
}

/** What a path asks for; throws a problem when it asks for nothing. */
export function targetOf(url: string): GatewayTarget {
  const target = readTarget(url);
  if (!('reason' in target)) return target;
  throw new Problem(target.reason === 'BadPath' ? 400 : 404, target.reason, target.message);
}

/** A target that the cluster answers. */
export type ClusterTarget = GatewayTarget & Readonly<{ service: TunnelService }>;

export const isOfCluster = (target: GatewayTarget): target is ClusterTarget =>
  target.service !== 'index' && target.service !== 'access-log';
