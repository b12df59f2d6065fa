import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { KubeApi } from '../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../hack/federation/paths.ts';
import { createAccountDesk } from '../../operator/adapters/kubernetes/account-desk.ts';
import { createClusterWriter } from '../../operator/adapters/kubernetes/cluster-writer.ts';
import { createRights } from '../../operator/adapters/kubernetes/rights.ts';
import { createAccountLedger } from '../../operator/adapters/postgres/account-ledger.ts';
import { createDeviceHistory } from '../../operator/adapters/postgres/device-history.ts';
import { createIdempotencyKeys } from '../../operator/adapters/postgres/idempotency-keys.ts';
import { createPayouts } from '../../operator/adapters/postgres/payouts.ts';
import { createPublicLedger } from '../../operator/adapters/postgres/public-reader.ts';
import { createRewardProofs } from '../../operator/adapters/postgres/reward-proofs.ts';
import { createTenants } from '../../operator/adapters/postgres/tenants.ts';
import { createViews } from '../../operator/adapters/postgres/views/reader.ts';
import { createWallets } from '../../operator/adapters/postgres/wallets.ts';
import type { UsageIntake } from '../../operator/ports/usage-intake.ts';
import type { ViewChange, ViewChanges } from '../../operator/ports/views.ts';
import { ApiClient } from '../../operator/runtime/api-client.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { silentLogger } from '../../operator/runtime/logger.ts';
import { type TestCluster, testCluster } from '../../operator/testing/api-server/test-cluster.ts';
import { type TestDatabase, testDatabase } from '../../operator/testing/postgres.ts';
import type { ConsoleAssets } from '../console-assets.ts';
import type { AccountPorts } from '../ports.ts';
import { SiteCookies } from '../v1/auth/cookies.ts';
import { type Principal, walletPrincipal } from '../v1/auth/principal.ts';
import { Sealer } from '../v1/auth/sealer.ts';
import { sealSession } from '../v1/auth/session.ts';
import type { Site, V1Ports } from '../v1/ports.ts';
import { type Answer, IntakeServer } from './intake-server.ts';

const notUsed = () => Promise.reject(new Error('the API takes no usage here'));
const intake: UsageIntake = { report: notUsed, heartbeat: notUsed };
const rbac = 'rbac.authorization.k8s.io';

export const worldSite: Site = {
  ...{ name: 'Test', domain: 'api.example.com', prefix: '', chainId: 'localnet' },
  walletSignIn: true,
};

/** By whom a request is sent: a token, or the value of a cookie. */
export type As = Readonly<{ token: string }> | Readonly<{ cookie: string }>;

export type WorldOptions = Readonly<{
  /** Of V1Ports: what is another one than the world's. */
  ports?: Partial<V1Ports>;
  console?: ConsoleAssets;
  /** With it, there are proofs of rewards. */
  distributor?: string;
}>;

export type Asked = Readonly<{
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}>;

/** The API over TLS on a real API server, with its own rights there, and a real PostgreSQL. */
export class V1World {
  readonly cluster: TestCluster = testCluster();
  readonly admin: KubeApi;
  /** As the administrator. */
  readonly client: ApiClient;
  readonly database: TestDatabase;
  readonly ports: V1Ports;
  readonly server: IntakeServer;
  readonly logged: string[];
  readonly #hub: ApiClient;
  readonly #tell: (change: ViewChange) => void;
  readonly #sealer: Sealer;

  private constructor(
    parts: Pick<V1World, 'admin' | 'client' | 'database' | 'ports' | 'server' | 'logged'>,
    hub: ApiClient,
    tell: (change: ViewChange) => void,
  ) {
    this.admin = parts.admin;
    this.client = parts.client;
    this.database = parts.database;
    this.ports = parts.ports;
    this.server = parts.server;
    this.logged = parts.logged;
    this.#hub = hub;
    this.#tell = tell;
    this.#sealer = new Sealer(parts.ports.sessionKey);
  }

  static async start({
    ports: other = {},
    console,
    distributor,
  }: WorldOptions = {}): Promise<V1World> {
    const cluster = testCluster();
    const admin = new KubeApi(cluster.adminKubeconfigPath);
    await admin.applyFiles([join(checkoutDirectory, 'hack/federation/manifests/api-rbac.yaml')]);
    const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
    const kubeConfig = cluster.kubeConfigFor('compute.io.net:api');
    const hub = new ApiClient({ kubeConfig, userAgent: 'test api' });
    const database = await testDatabase();
    const listeners = new Set<(change: ViewChange) => void>();
    const changes: ViewChanges = {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const ports: V1Ports = { ...portsOn(hub, database), changes, ...other };
    const logged: string[] = [];
    const server = await IntakeServer.start(intake, {
      ...{ v1: ports, accounts: accountsOn(hub, database, ports), logged },
      ...(console === undefined ? {} : { console }),
      ...(distributor === undefined
        ? {}
        : { rewards: createRewardProofs(database.reader, distributor) }),
      now: () => ports.clock.now(),
    });
    const parts = { admin, client, database, ports, server, logged };
    return new V1World(parts, hub, (change) => {
      for (const listener of listeners) listener(change);
    });
  }

  async stop(): Promise<void> {
    this.server.server.server.closeAllConnections();
    await this.server.server.close();
    await Promise.all([this.admin.close(), this.client.close(), this.#hub.close()]);
    await this.database.close();
  }

  /** Something changed, as the hub tells. */
  tell(change: ViewChange): void {
    this.#tell(change);
  }

  send(path: string, as?: As, { method = 'GET', body, headers = {} }: Asked = {}): Promise<Answer> {
    return this.server.send({
      ...{ path, method, body, client: null },
      headers: { ...this.credential(as), ...headers },
    });
  }

  /** What is at a path, as it came: also what is no JSON. */
  async read(
    path: string,
    as?: As,
  ): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
    const request = this.server.open({
      ...{ path, method: 'GET', client: null },
      headers: this.credential(as),
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode ?? 0, text, headers: response.headers };
  }

  /** The headers of who sends: a browser says where a request comes from, too. */
  credential(as: As | undefined): Record<string, string> {
    if (as === undefined) return {};
    if ('token' in as) return { authorization: `Bearer ${as.token}` };
    const { prefix, domain } = this.ports.site;
    const name = new SiteCookies(prefix).nameOf('session');
    return { cookie: `${name}=${as.cookie}`, origin: `https://${domain}` };
  }

  /** The session of somebody who signed in just now. */
  session(principal: Principal): As {
    const nowSeconds = Math.floor(this.ports.clock.now() / 1000);
    return { cookie: sealSession(this.#sealer, principal, nowSeconds) };
  }

  wallet(address: string): As {
    return this.session(walletPrincipal(address));
  }

  /** The token of a ServiceAccount that may do these things with our objects in its namespace. */
  async token(
    namespace: string,
    rights: Readonly<Record<string, readonly string[]>>,
  ): Promise<{ token: string; username: string }> {
    const name = `someone-${randomBytes(4).toString('hex')}`;
    const rules = Object.entries(rights).map(([resource, verbs]) => ({
      ...{ apiGroups: ['compute.io.net'], resources: [resource], verbs },
    }));
    await this.admin.apply({
      ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    });
    if (rules.length > 0) {
      const metadata = { name, namespace };
      await this.admin.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
      await this.admin.apply({
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
        roleRef: { apiGroup: rbac, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      });
    }
    const { token } = await this.client.serviceAccountToken(name, namespace, 3_600);
    return { token, username: `system:serviceaccount:${namespace}:${name}` };
  }
}

function portsOn(hub: ApiClient, database: TestDatabase): Omit<V1Ports, 'changes'> {
  return {
    views: createViews(database.reader, systemClock),
    ledger: createPublicLedger(database.reader),
    rights: createRights(hub),
    tenants: createTenants(database.reader),
    keys: createIdempotencyKeys(database.writer),
    site: worldSite,
    sessionKey: randomBytes(32),
    metrics: { reviewed: () => undefined },
    logger: silentLogger,
    clock: systemClock,
    clusters: createClusterWriter(hub, systemClock),
    accountLedger: createAccountLedger(database.reader),
    deviceHistory: createDeviceHistory(database.reader),
  };
}

function accountsOn(
  hub: ApiClient,
  database: TestDatabase,
  { site, clock }: V1Ports,
): AccountPorts {
  return {
    desk: createAccountDesk(hub),
    wallets: createWallets(database.writer),
    payouts: createPayouts(database.writer),
    clock,
    signIn: { domain: site.domain, chainId: site.chainId, nonceKey: randomBytes(32) },
  };
}
