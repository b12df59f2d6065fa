import { TunnelError } from '../../ports/tunnel.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';

type Secret = KubeObject & Readonly<{ data?: Readonly<Record<string, string>> }>;

const secretResource: Resource<Secret> = {
  ...{ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
};

/** The name that KubeRay gives it in the Secret, which has the RayCluster's name. */
const tokenKey = 'auth_token';

/** Whoever asks with a bad token again and again does not make the agent ask its API server as often. */
const readAgainMs = 5_000;

type Known = { token: Promise<string | undefined>; readAtMs: number; isTrusted: boolean };

export type RayTokensOptions = Readonly<{
  local: Pick<ApiClient, 'get'>;
  clock: Clock;
  logger: Logger;
}>;

/** The tokens of the Ray clusters that run here. They are in memory and in Kubernetes, nowhere else. */
export class RayTokens {
  readonly #options: RayTokensOptions;
  readonly #byLease = new Map<string, Known>();

  constructor(options: RayTokensOptions) {
    this.#options = options;
  }

  /** Of the RayCluster of a lease. Throws TunnelError while there is none. */
  async of(lease: string, namespace: string): Promise<string> {
    const { clock } = this.#options;
    const known = this.#byLease.get(lease);
    const mayRead = known === undefined || clock.monotonicMs() - known.readAtMs >= readAgainMs;
    if (known === undefined || (!known.isTrusted && mayRead)) {
      const token = this.#read(lease, namespace);
      const read = { token, readAtMs: clock.monotonicMs(), isTrusted: true };
      this.#byLease.set(lease, read);
      if ((await token) === undefined) read.isTrusted = false;
    }
    const token = await this.#byLease.get(lease)?.token;
    if (token !== undefined) return token;
    throw new TunnelError('HeadUnreachable', 503, 'the token of the Ray cluster is not there yet');
  }

  /** The head did not take it. */
  distrust(lease: string): void {
    const known = this.#byLease.get(lease);
    if (known !== undefined) known.isTrusted = false;
  }

  forget(lease: string): void {
    this.#byLease.delete(lease);
  }

  async #read(lease: string, namespace: string): Promise<string | undefined> {
    const { local, logger } = this.#options;
    try {
      const secret = await local.get(secretResource, lease, namespace);
      const token = Buffer.from(secret?.data?.[tokenKey] ?? '', 'base64').toString('latin1');
      return /^[\x21-\x7e]{1,1024}$/.test(token) ? token : undefined;
    } catch (error) {
      logger.warn({ lease, ...errorFields(error) }, 'the token of a Ray cluster was not read');
      return undefined;
    }
  }
}
