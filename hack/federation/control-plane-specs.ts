import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeNetwork } from '../node/network.ts';
import { binaryPath } from './cache.ts';
import type { ComponentSpec } from './components.ts';
import { type ClusterPki, writePrivate } from './pki.ts';

const READY_WITHIN_MS = 120_000;
const ETCD_QUOTA_BYTES = 8 * 1024 ** 3;
/** Four control planes share few cores: a client may send what it can, the server queues. */
const CLIENT_QPS = 500;

/** What all components of one control plane are made from. */
export type Blueprint = {
  readonly name: string;
  readonly directory: string;
  readonly pki: ClusterPki;
  /** Of its real node; undefined: it has none. */
  readonly network: NodeNetwork | undefined;
  /** An own authority, so that no user of the cluster is a client of its etcd. */
  readonly etcdPki: ClusterPki;
  readonly ports: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly etcdHealth: number;
    readonly apiServer: number;
    readonly controllerManager: number;
    readonly scheduler: number;
  };
};

/** The controllers that run, and more kube-controller-manager flags. */
export type ControllerManagerOptions = {
  readonly controllers: readonly string[];
  readonly args?: readonly string[];
};

/** Controllers of every cluster: namespaces end, owners take their children along, users get certificates. */
export const baseControllers: readonly string[] = [
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-signing-controller',
  'certificatesigningrequest-cleaner-controller',
  'clusterrole-aggregation-controller',
  'resourcequota-controller',
  'validatingadmissionpolicy-status-controller',
];

/** Controllers of a cluster with nodes, on top. */
export const nodeControllers: readonly string[] = [
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'pod-garbage-collector-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'job-controller',
  'daemonset-controller',
  'deployment-controller',
  'replicaset-controller',
];

/** On top, where pods run and so need the volumes that they claim. */
export const volumeControllers: readonly string[] = [
  'persistentvolume-binder-controller',
  'persistentvolumeclaim-protection-controller',
];

const loopback = (port: number): string => `https://127.0.0.1:${port}`;

export function etcdSpec({ directory, etcdPki, ports }: Blueprint): ComponentSpec {
  const server = etcdPki.serverFiles('etcd');
  const ca = etcdPki.authorityFiles.certificate;
  const [client, peer, health] = [ports.etcd, ports.etcdPeer, ports.etcdHealth].map(loopback);
  return {
    name: 'etcd',
    command: binaryPath('etcd'),
    args: [
      `--data-dir=${join(directory, 'etcd')}`,
      '--name=etcd',
      `--listen-client-urls=${client}`,
      // With TLS, gRPC and HTTP on one port would go through one slower HTTP server.
      `--listen-client-http-urls=${health}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=etcd=${peer}`,
      ...['', 'peer-'].flatMap((prefix) => [
        `--${prefix}cert-file=${server.certificate}`,
        `--${prefix}key-file=${server.key}`,
        `--${prefix}trusted-ca-file=${ca}`,
        `--${prefix}client-cert-auth=true`,
      ]),
      // The data is thrown away with the cluster: surviving a power cut is worth no disk wait.
      '--unsafe-no-fsync=true',
      `--quota-backend-bytes=${ETCD_QUOTA_BYTES}`,
      '--log-level=warn',
    ],
    ready: { url: `${health}/health`, tls: { ca, ...etcdPki.clientFiles('probe') } },
    readyWithinMs: READY_WITHIN_MS,
  };
}

export function apiServerSpec(blueprint: Blueprint, extraArgs: readonly string[]): ComponentSpec {
  const { pki, etcdPki, ports } = blueprint;
  const serving = pki.serverFiles('kube-apiserver');
  const etcdClient = etcdPki.clientFiles('kube-apiserver-etcd-client');
  const ca = pki.authorityFiles.certificate;
  const serviceAccount = pki.serviceAccountKeys();
  return {
    name: 'kube-apiserver',
    command: binaryPath('kube-apiserver'),
    args: [
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${ca}`,
      `--etcd-servers=${loopback(ports.etcd)}`,
      `--etcd-cafile=${etcdPki.authorityFiles.certificate}`,
      `--etcd-certfile=${etcdClient.certificate}`,
      `--etcd-keyfile=${etcdClient.key}`,
      `--service-account-key-file=${serviceAccount.publicKey}`,
      `--service-account-signing-key-file=${serviceAccount.privateKey}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-cluster-ip-range=${blueprint.network?.serviceRange ?? '10.96.0.0/16'}`,
      '--authorization-mode=Node,RBAC',
      '--anonymous-auth=false',
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
      '--endpoint-reconciler-type=none',
      '--event-ttl=30m',
      '--profiling=false',
      ...(blueprint.network === undefined ? [] : kubeletClientArgs(pki)),
      ...extraArgs,
    ],
    ready: servingProbe(blueprint, ports.apiServer, '/readyz'),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** With them the API server reads logs of kubelets and runs commands in pods. */
function kubeletClientArgs(pki: ClusterPki): readonly string[] {
  const { certificate, key } = pki.clientFiles('kube-apiserver-kubelet', ['system:masters']);
  return [`--kubelet-client-certificate=${certificate}`, `--kubelet-client-key=${key}`];
}

export function controllerManagerSpec(
  blueprint: Blueprint,
  { controllers, args = [] }: ControllerManagerOptions,
): ComponentSpec {
  const { pki, ports } = blueprint;
  const serving = pki.serverFiles('kube-controller-manager');
  const ca = pki.authorityFiles;
  return {
    name: 'kube-controller-manager',
    command: binaryPath('kube-controller-manager'),
    args: [
      `--kubeconfig=${componentKubeconfig(blueprint, 'kube-controller-manager')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllerManager}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--controllers=${controllers.join(',')}`,
      `--cluster-signing-cert-file=${ca.certificate}`,
      `--cluster-signing-key-file=${ca.key}`,
      `--root-ca-file=${ca.certificate}`,
      `--service-account-private-key-file=${pki.serviceAccountKeys().privateKey}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      `--kube-api-qps=${CLIENT_QPS}`,
      `--kube-api-burst=${2 * CLIENT_QPS}`,
      '--profiling=false',
      ...args,
    ],
    ready: servingProbe(blueprint, ports.controllerManager, '/healthz'),
    readyWithinMs: READY_WITHIN_MS,
  };
}

export function schedulerSpec(blueprint: Blueprint): ComponentSpec {
  const { directory, pki, ports } = blueprint;
  const serving = pki.serverFiles('kube-scheduler');
  const config = join(directory, 'kube-scheduler.json');
  const kubeconfig = componentKubeconfig(blueprint, 'kube-scheduler');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      leaderElection: { leaderElect: false },
      clientConnection: { kubeconfig, qps: CLIENT_QPS, burst: 2 * CLIENT_QPS },
      enableProfiling: false,
    }),
  );
  return {
    name: 'kube-scheduler',
    command: binaryPath('kube-scheduler'),
    args: [
      `--config=${config}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.scheduler}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
    ],
    ready: servingProbe(blueprint, ports.scheduler, '/healthz'),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** The probe of a component that lets every user of the cluster ask for its health. */
function servingProbe({ pki }: Blueprint, port: number, path: string): ComponentSpec['ready'] {
  const ca = pki.authorityFiles.certificate;
  return { url: loopback(port) + path, tls: { ca, ...pki.clientFiles('probe') } };
}

/** The kubeconfig of a Kubernetes component, as the user to which RBAC's own roles are bound. */
function componentKubeconfig(
  { name, directory, pki, ports }: Blueprint,
  component: string,
): string {
  const path = join(directory, 'kubeconfigs', `${component}.yaml`);
  mkdirSync(join(directory, 'kubeconfigs'), { recursive: true });
  const server = loopback(ports.apiServer);
  writePrivate(path, pki.kubeconfig(name, server, { commonName: `system:${component}` }));
  return path;
}
