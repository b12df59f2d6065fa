import { memberNamespace, memberOfNamespace } from '../../../operator/domain/lease.ts';
import type { AccountKey } from '../../../operator/domain/ledger/types.ts';
import type { GatewayMetrics } from '../../../operator/ports/gateway-metrics.ts';
import type { Right, Rights } from '../../../operator/ports/rights.ts';
import type { Tenants } from '../../../operator/ports/tenants.ts';
import { TimedCache } from '../../gateway/timed-cache.ts';
import { reviewed } from '../../plugins/bearer-identity.ts';
import { Problem } from '../../problem.ts';
import { callerOf, type Principal, principalKey } from './principal.ts';

export type AuthorityPorts = Readonly<{
  rights: Pick<Rights, 'may'>;
  tenants: Pick<Tenants, 'accountOf' | 'earnsFor'>;
  metrics: Pick<GatewayMetrics, 'reviewed'>;
  clock: Readonly<{ monotonicMs: () => number }>;
}>;

/** A right that was withdrawn holds for no longer than this. */
const allowedMs = 10_000;
const deniedMs = 3_000;
const maxAnswers = 50_000;
const maxPending = 256;

/**
 * Who may do what: as the hub's RBAC says, and by one rule of our own. A wallet that signed in may `get`
 * and `update` the account that proved it last, and see the members, devices and cases of members that
 * earn for this account.
 */
export class Authority {
  readonly #ports: AuthorityPorts;
  readonly #answers: TimedCache<boolean>;
  readonly #accounts: TimedCache<AccountKey | undefined>;

  constructor(ports: AuthorityPorts) {
    this.#ports = ports;
    const bounds = {
      maxEntries: maxAnswers,
      maxPending,
      monotonicMs: () => ports.clock.monotonicMs(),
    };
    const ttlMs = (value: unknown): number =>
      value === false || value === undefined ? deniedMs : allowedMs;
    this.#answers = new TimedCache<boolean>({ ...bounds, ttlMs });
    this.#accounts = new TimedCache<AccountKey | undefined>({ ...bounds, ttlMs });
  }

  /** Throws a problem while the hub, or the store, does not answer. */
  async may(principal: Principal, right: Right): Promise<boolean> {
    return (await this.#owns(principal, right)) || this.#hubAllows(principal, right);
  }

  /** Throws a problem: 404 for what they may not even see, 403 for what they may see and not do. */
  async authorize(principal: Principal, right: Right): Promise<void> {
    if (await this.may(principal, right)) return;
    const canSee =
      right.verb !== 'get' &&
      right.verb !== 'list' &&
      (await this.may(principal, { ...right, verb: 'get' }));
    throw canSee ? forbidden(right) : notFound(right);
  }

  /** The account of the wallet that signed in; undefined for everybody else. */
  async ownAccount({ wallet }: Principal): Promise<AccountKey | undefined> {
    if (wallet === undefined) return undefined;
    return this.#accounts.get(wallet, () => this.#ports.tenants.accountOf(wallet));
  }

  async #owns(principal: Principal, right: Right): Promise<boolean> {
    const { verb, resource, namespace, name } = right;
    if (principal.wallet === undefined) return false;
    if (resource === 'ioaccounts') {
      if (verb !== 'get' && verb !== 'update') return false;
      return `${namespace}/${name}` === (await this.ownAccount(principal));
    }
    if (resource === 'ioclusters' || (verb !== 'get' && verb !== 'list')) return false;
    const member = memberOf(right);
    const account = member === undefined ? undefined : await this.ownAccount(principal);
    if (member === undefined || account === undefined) return false;
    const key = JSON.stringify(['earns', member, account]);
    return this.#answers.get(key, () => this.#ports.tenants.earnsFor(member, account));
  }

  async #hubAllows(principal: Principal, right: Right): Promise<boolean> {
    const { rights, metrics } = this.#ports;
    const { verb, resource, namespace = '', name = '' } = right;
    const key = JSON.stringify([principalKey(principal), verb, resource, namespace, name]);
    return this.#answers.get(key, () =>
      reviewed('access', metrics, () => rights.may(callerOf(principal), right)),
    );
  }
}

/** The member that an object belongs to; undefined for all of them at once. */
function memberOf({ resource, namespace, name }: Right): string | undefined {
  if (resource === 'iomembers') return name;
  return namespace === undefined ? undefined : memberOfNamespace(namespace);
}

/** The right to see a device or a case of a member. */
export const ofMember = (
  verb: Right['verb'],
  resource: 'iodevices' | 'ioslashcases',
  member: string,
  name?: string,
): Right => ({ verb, resource, namespace: memberNamespace(member), name });

const kinds: Readonly<Record<Right['resource'], string>> = {
  ioclusters: 'IOCluster',
  ioaccounts: 'IOAccount',
  iodevices: 'IODevice',
  iomembers: 'IOMember',
  ioslashcases: 'IOSlashCase',
};

/** The same for what is not there and for what somebody may not see: nobody can tell which it is. */
export function notFound({ resource, namespace, name }: Omit<Right, 'verb'>): Problem {
  const path = [namespace, name].filter((part) => part !== undefined).join('/');
  const text =
    name === undefined
      ? `there is nothing of the kind ${kinds[resource]} that you may see here`
      : `there is no ${kinds[resource]} ${path} that you may see`;
  return new Problem(404, `${kinds[resource].slice(2)}NotFound`, text);
}

function forbidden({ verb, resource, namespace, name }: Right): Problem {
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  const what = name === undefined ? '' : ` ${name}`;
  const text = `you may not ${verb} ${resource}.compute.io.net${what}${where}; ask for a Role that allows it`;
  return new Problem(403, 'Forbidden', text);
}
