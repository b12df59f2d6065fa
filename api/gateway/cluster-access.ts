import type { AccessReviews, Caller, ClusterAction } from '../../operator/ports/access-reviews.ts';
import type { GatewayMetrics } from '../../operator/ports/gateway-metrics.ts';
import { sha256 } from '../../operator/runtime/sha256.ts';
import { BearerIdentity, reviewed } from '../plugins/bearer-identity.ts';
import { Problem } from '../problem.ts';
import type { GatewayLimits } from './limits.ts';
import { TimedCache } from './timed-cache.ts';

const maxAnswers = 50_000;
const maxPending = 256;

type Ports = Readonly<{
  reviews: AccessReviews;
  metrics: Pick<GatewayMetrics, 'reviewed'>;
  clock: Readonly<{ monotonicMs: () => number }>;
}>;

/** What an HTTP method needs of RBAC, as for pods/proxy: reading is `get`, anything else `create`. */
export const verbOf = (method: string): 'get' | 'create' =>
  method === 'GET' || method === 'HEAD' ? 'get' : 'create';

/** Who may use which IOCluster, by the hub's RBAC and for seconds. */
export class ClusterAccess {
  readonly #ports: Ports;
  readonly #identity: BearerIdentity;
  readonly #answers: TimedCache<boolean>;

  constructor(ports: Ports, limits: Pick<GatewayLimits, 'allowedMs' | 'deniedMs'>) {
    this.#ports = ports;
    this.#identity = new BearerIdentity(ports, limits);
    this.#answers = new TimedCache({
      maxEntries: maxAnswers,
      maxPending,
      ttlMs: (allowed) => (allowed ? limits.allowedMs : limits.deniedMs),
      monotonicMs: () => ports.clock.monotonicMs(),
    });
  }

  callerOf(token: string): Promise<Caller> {
    return this.#identity.callerOf(token);
  }

  /** Throws a problem unless the caller may use what the cluster serves. */
  async use(caller: Caller, method: string, namespace: string, name: string): Promise<void> {
    const action = { verb: verbOf(method), namespace, name, subresource: 'proxy' } as const;
    if (!(await this.#may(caller, action))) throw denied(action);
  }

  /** The same problem unless they may know of it: what does not exist is not told to others. */
  async know(caller: Caller, method: string, namespace: string, name: string): Promise<void> {
    if (await this.#may(caller, { verb: 'get', namespace, name })) return;
    throw denied({ verb: verbOf(method), namespace, name });
  }

  #may(caller: Caller, action: ClusterAction): Promise<boolean> {
    const { reviews, metrics } = this.#ports;
    const { verb, namespace, name, subresource } = action;
    const { username, uid, groups, extra } = caller;
    const key = JSON.stringify([username, uid, groups, extra, verb, namespace, name, subresource]);
    return this.#answers.get(sha256(key), () =>
      reviewed('access', metrics, () => reviews.may(caller, action)),
    );
  }
}

const denied = ({ verb, namespace, name }: ClusterAction): Problem =>
  new Problem(
    403,
    'Forbidden',
    `you may not ${verb} ioclusters/proxy of ${name} in the namespace ${namespace}; ` +
      `kubectl auth can-i ${verb} ioclusters/${name} --subresource=proxy -n ${namespace} ` +
      'says so too, and a RoleBinding to the ClusterRole edit allows it',
  );
