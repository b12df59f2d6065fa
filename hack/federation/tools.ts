import { join } from 'node:path';
import { checkoutDirectory } from './paths.ts';

/** The programs of a local cluster. All are built from Go modules. */
export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'kuberay-operator'
  | 'helm'
  | 'link'
  | 'kueue'
  | 'box'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns';

export type Tool = {
  readonly name: ToolName;
  /** The folder of the Go module under hack/tools that pins the version. */
  readonly moduleDirectory: string;
  /** The Go package that is built. */
  readonly goPackage: string;
  readonly ldflags: string;
  /** Cold build in seconds on two cores, with what the tools before it in the list left. */
  readonly typicalSeconds: number;
  /** Module and files whose YAML is kept beside the binary. */
  readonly assets?: { readonly goModule: string; readonly files: readonly string[] };
  /** Default false: the module's folder holds a program of ours, not the version of another's. */
  readonly ownSource?: boolean;
};

const STRIP = '-s -w';
const KUBERNETES_VERSION = { gitVersion: 'v1.37.2', gitMajor: '1', gitMinor: '37' };

// Without the stamp the API server takes itself for v0.0.0 and refuses what depends on versions.
const KUBERNETES_LDFLAGS = [
  STRIP,
  ...Object.entries(KUBERNETES_VERSION).map(
    ([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`,
  ),
].join(' ');

const kubernetes = (name: ToolName, typicalSeconds: number, module = 'kubernetes'): Tool => ({
  name,
  moduleDirectory: moduleDirectory(module),
  goPackage: `k8s.io/kubernetes/cmd/${name}`,
  ldflags: KUBERNETES_LDFLAGS,
  typicalSeconds,
});

const kueueKinds = [
  'admissionchecks',
  'clusterqueues',
  'cohorts',
  'localqueues',
  'multikueueclusters',
  'multikueueconfigs',
  'provisioningrequestconfigs',
  'resourceflavors',
  'topologies',
  'workloadpriorityclasses',
  'workloads',
];

/** In the order in which they are built. */
export const tools: readonly Tool[] = [
  {
    name: 'etcd',
    moduleDirectory: moduleDirectory('etcd'),
    goPackage: 'go.etcd.io/etcd/server/v3',
    ldflags: STRIP,
    typicalSeconds: 100,
  },
  kubernetes('kube-apiserver', 434),
  kubernetes('kube-controller-manager', 131),
  kubernetes('kube-scheduler', 14),
  kubernetes('kubectl', 36),
  {
    name: 'kwok',
    moduleDirectory: moduleDirectory('kwok'),
    goPackage: 'sigs.k8s.io/kwok/cmd/kwok',
    ldflags: STRIP,
    typicalSeconds: 95,
    assets: {
      goModule: 'sigs.k8s.io/kwok',
      files: [
        'kustomize/stage/node/fast/node-initialize.yaml',
        'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
        'kustomize/stage/pod/fast/pod-ready.yaml',
        'kustomize/stage/pod/fast/pod-complete.yaml',
        'kustomize/stage/pod/fast/pod-delete.yaml',
      ],
    },
  },
  {
    name: 'kuberay-operator',
    moduleDirectory: moduleDirectory('kuberay'),
    goPackage: 'github.com/ray-project/kuberay/ray-operator',
    ldflags: STRIP,
    typicalSeconds: 122,
  },
  {
    name: 'helm',
    moduleDirectory: moduleDirectory('helm'),
    goPackage: 'helm.sh/helm/v4/cmd/helm',
    ldflags: STRIP,
    typicalSeconds: 150,
  },
  {
    name: 'link',
    moduleDirectory: moduleDirectory('link'),
    goPackage: '.',
    ldflags: STRIP,
    typicalSeconds: 5,
    ownSource: true,
  },
  {
    name: 'kueue',
    moduleDirectory: moduleDirectory('kueue'),
    goPackage: 'sigs.k8s.io/kueue/cmd/kueue',
    ldflags: STRIP,
    typicalSeconds: 240,
    assets: {
      goModule: 'sigs.k8s.io/kueue',
      files: [
        ...kueueKinds.map((kind) => `config/components/crd/bases/kueue.x-k8s.io_${kind}.yaml`),
        'config/components/webhook/manifests.yaml',
      ],
    },
  },
  {
    name: 'box',
    moduleDirectory: moduleDirectory('box'),
    goPackage: '.',
    ldflags: STRIP,
    typicalSeconds: 5,
    ownSource: true,
  },
  // A module of their own: more versions in that of the control planes would build all of it anew.
  kubernetes('kubelet', 90, 'node'),
  kubernetes('kube-proxy', 30, 'node'),
  {
    name: 'coredns',
    moduleDirectory: moduleDirectory('coredns'),
    goPackage: 'github.com/coredns/coredns',
    ldflags: STRIP,
    typicalSeconds: 115,
  },
];

/** What a real node runs besides the packages of its system; only those who start one need it. */
export const realNodeTools: readonly ToolName[] = ['box', 'kubelet', 'kube-proxy', 'coredns'];

/** What one cluster without nodes needs. */
export const controlPlaneTools: readonly ToolName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
];

/** The definition of one tool. */
export function toolNamed(name: ToolName): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool is named ${name}`);
  return tool;
}

function moduleDirectory(name: string): string {
  return join(checkoutDirectory, 'hack/tools', name);
}
