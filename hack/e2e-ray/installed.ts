import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { chartPath, Helm } from '../charts/helm.ts';
import { binaryPath } from '../federation/cache.ts';
import { Components } from '../federation/components.ts';
import type { ControlPlane } from '../federation/control-plane.ts';
import type { Federation, FederationMember } from '../federation/index.ts';
import { kubectlIo, untilAsked } from '../federation/join.ts';
import { KubeApi } from '../federation/kube-api.ts';
import { type MoneyBase, prepareMoney, runCli } from '../federation/money.ts';
import { makeSuppliers, supplierOf } from '../federation/operator-install.ts';
import type { Operator, OperatorProcess } from '../federation/operator.ts';
import { BOX } from '../federation/process.ts';
import { KUBERAY_IMAGE, OPERATOR_IMAGE } from '../images/product.ts';
import type { NodeNetwork } from '../node/network.ts';

/** The product as its charts install it: every process of it is a pod on a real node. */

const HUB_NAMESPACE = 'io-system';
const MEMBER_NAMESPACE = 'io-member';
const FORWARDED_WITHIN_MS = 10_000;
const PATIENCE = '--timeout=150s';
/** podSecurity of both charts. */
const USER_ID = 65_532;
const SPOOL = 'spool';
const requests = { cpu: '50m', memory: '128Mi' };
const resources = { requests, limits: { memory: '512Mi' } };

export type Installed = { readonly operator: Operator; readonly gateway: string };

/** Installs both charts with helm, lets the members in, and returns when all pods are ready. */
export async function installCharts(federation: Federation, bundle: string): Promise<Installed> {
  const directory = join(federation.runDirectory, 'operator');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const money = await prepareMoney(federation, directory, bundle);
  const network = networkOf(federation.hub);
  const gateway = `${network.hostAddress}:${money.apiPort}`;
  await forward(directory, 'database', [
    [`${network.hostAddress}:${portOf(money.ownerUrl)}`, `127.0.0.1:${portOf(money.ownerUrl)}`],
  ]);
  await installHub(federation, { directory, money, gateway });
  await makeSuppliers(federation);
  for (const member of federation.members) {
    await installMember(federation, member, { directory, money, gateway, bundle });
  }
  const members = federation.members.map(({ profile, controlPlane }) =>
    podProcess(`agent-${profile.name}`, controlPlane, [MEMBER_NAMESPACE, 'io-agent']),
  );
  const hub = podProcess('hub', federation.hub, [HUB_NAMESPACE, 'io-hub']);
  const api = podProcess('api', federation.hub, [HUB_NAMESPACE, 'io-api']);
  const operator: Operator = {
    ...{ hub, hubs: [hub], agents: members, settlement: undefined },
    money: { ...money, api, cli: (args) => runCli(bundle, args) },
    agent: (name) => podOf(members, `agent-${name}`),
    admit: () => Promise.reject(new Error('no member was denied')),
    stop: () => Promise.resolve(),
  };
  return { operator, gateway: `https://${gateway}` };
}

/** `helm uninstall` of a member: its hook asks the hub to let it go. */
export async function uninstallMember(
  federation: Federation,
  { profile, controlPlane }: FederationMember,
): Promise<string> {
  const helm = helmOf(federation, profile.name, controlPlane);
  return helm.run('uninstall', 'io-member', `--namespace=${MEMBER_NAMESPACE}`, PATIENCE, '--wait');
}

type Plan = {
  readonly directory: string;
  readonly money: MoneyBase;
  /** host:port by which everybody reaches the api. */
  readonly gateway: string;
};

async function installHub(federation: Federation, plan: Plan): Promise<void> {
  const { hub } = federation;
  const { hostAddress } = networkOf(hub);
  const { money, directory, gateway } = plan;
  const api = new KubeApi(hub.adminKubeconfigPath);
  try {
    const secret = (name: string, stringData: Record<string, string>) =>
      api.apply({
        ...{ apiVersion: 'v1', kind: 'Secret', stringData },
        metadata: { name, namespace: HUB_NAMESPACE },
      });
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: HUB_NAMESPACE } });
    const url = (file: string): string => {
      const found = new URL(readFileSync(file, 'utf8'));
      found.hostname = hostAddress;
      return found.href;
    };
    await secret('database', {
      owner: url(money.ownerUrlFile),
      hub: url(money.hubUrlFile),
      api: url(money.apiUrlFile),
    });
    await secret('api-tls', {
      'tls.crt': readFileSync(money.apiTls.certificate, 'utf8'),
      'tls.key': readFileSync(money.apiTls.key, 'utf8'),
    });
    const values = {
      image: OPERATOR_IMAGE,
      hub: { replicas: 1, resources },
      database: { existingSecret: 'database' },
      api: { replicas: 2, tlsSecret: 'api-tls', publicDomain: gateway, resources },
    };
    await install(helmOf(federation, 'hub', hub), 'io-hub', HUB_NAMESPACE, values);
    const service = (await api.get(`/api/v1/namespaces/${HUB_NAMESPACE}/services/io-api`)) as {
      spec: { clusterIP: string };
    };
    await forward(directory, 'gateway', [[gateway, `${service.spec.clusterIP}:443`]]);
  } finally {
    await api.close();
  }
}

async function installMember(
  federation: Federation,
  member: FederationMember,
  { money, gateway, bundle }: Plan & { readonly bundle: string },
): Promise<void> {
  const { profile, controlPlane } = member;
  const { name, displayName, location, certifications, offers } = profile;
  const { hub } = federation;
  const administrator = { bundle, hubKubeconfig: hub.adminKubeconfigPath };
  const hubUrl = hub.server.replace('127.0.0.1', networkOf(hub).hostAddress);
  const invitation = await kubectlIo(
    administrator,
    ...['invite', name, `--hub-url=${hubUrl}`, `--api-url=https://${gateway}`],
  );
  const given = parse(invitation) as object;
  await makeSpool(controlPlane);
  const values = {
    image: OPERATOR_IMAGE,
    hub: { apiCaBundle: readFileSync(money.authority, 'utf8') },
    member: { displayName, accountRef: supplierOf(name), location, certifications, offers },
    metering: { spool: { size: '1Gi', storageClassName: SPOOL } },
    kuberay: { enabled: true, image: KUBERAY_IMAGE, resources },
    // No GPU is there that they could find.
    nvidia: { devicePlugin: { enabled: false }, gpuFeatureDiscovery: { enabled: false } },
    dcgmExporter: { enabled: false },
    resources,
  };
  const helm = helmOf(federation, name, controlPlane);
  // The agent is ready once it is let in, which somebody does while helm waits.
  const installed = install(helm, 'io-member', MEMBER_NAMESPACE, given, values);
  const admitted = admit(federation, name, administrator);
  await Promise.all([installed, admitted]);
}

async function admit(
  { hub }: Federation,
  name: string,
  administrator: Parameters<typeof kubectlIo>[0],
): Promise<void> {
  const api = new KubeApi(hub.adminKubeconfigPath);
  try {
    const digest = await untilAsked(api, name);
    await kubectlIo(administrator, 'accept', name, `--key=${digest}`);
  } finally {
    await api.close();
  }
}

async function install(
  helm: Helm,
  chart: 'io-hub' | 'io-member',
  namespace: string,
  ...values: readonly object[]
): Promise<void> {
  const files = values.map((each) => helm.valuesFlag(each));
  await helm.run(
    ...['install', chart, chartPath(chart), `--namespace=${namespace}`, '--create-namespace'],
    ...['--wait', PATIENCE, ...files],
  );
}

/** A volume of the node for the spool: nobody provisions any here. */
async function makeSpool(plane: ControlPlane): Promise<void> {
  // What the node sees as /var/lib/kubelet; the agent is no root.
  const folder = join(plane.directory, BOX, 'kubelet', SPOOL);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, USER_ID, USER_ID);
  const api = new KubeApi(plane.adminKubeconfigPath);
  try {
    await api.apply({
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: SPOOL } },
      spec: {
        ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
        ...{ storageClassName: SPOOL, persistentVolumeReclaimPolicy: 'Retain' },
        hostPath: { path: `/var/lib/kubelet/${SPOOL}`, type: 'Directory' },
      },
    });
  } finally {
    await api.close();
  }
}

/** Leads addresses to others until the run directory is removed. */
async function forward(
  directory: string,
  name: string,
  pairs: readonly (readonly [string, string])[],
): Promise<void> {
  const [first = ['', '']] = pairs;
  await new Components(directory).launch([
    {
      name: `forward-${name}`,
      command: binaryPath('box'),
      args: ['forward', ...pairs.map(([from, to]) => `${from}=${to}`)],
      ready: { url: `tcp://${first[0]}` },
      readyWithinMs: FORWARDED_WITHIN_MS,
    },
  ]);
}

function helmOf({ runDirectory }: Federation, name: string, plane: ControlPlane): Helm {
  return new Helm(join(runDirectory, 'helm', name), plane.adminKubeconfigPath);
}

function networkOf({ name, network }: ControlPlane): NodeNetwork {
  if (network !== undefined) return network;
  throw new Error(`${name} was started without a real node`);
}

const portOf = (url: string): string => new URL(url).port;

function podOf(pods: readonly OperatorProcess[], name: string): OperatorProcess {
  const found = pods.find((pod) => pod.name === name);
  if (found !== undefined) return found;
  throw new Error(`no ${name}, only ${pods.map((pod) => pod.name).join(', ')}`);
}

/** A pod of a Deployment; Kubernetes starts it again, not this program. */
function podProcess(
  name: string,
  plane: ControlPlane,
  [namespace, deployment]: readonly [string, string],
): OperatorProcess {
  const notHere = (): Promise<never> =>
    Promise.reject(new Error(`${name} runs in a pod: kubectl -n ${namespace} get pods`));
  return {
    name,
    url: `pod://${namespace}/${deployment}`,
    get logPath() {
      return podLog(join(plane.directory, BOX, 'pods'), `${namespace}_${deployment}-`);
    },
    pid: () => undefined,
    ...{ start: notHere, kill: notHere, metrics: notHere },
  };
}

/** The log that the kubelet keeps of the first container of a pod. */
function podLog(folder: string, prefix: string): string {
  const pod = existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith(prefix)) : '';
  if (pod === undefined || pod === '') return join(folder, `${prefix}*`);
  const [container = ''] = readdirSync(join(folder, pod));
  return join(folder, pod, container, '0.log');
}
