import { stringify } from 'yaml';
import { PAUSE_IMAGE } from '../images/recipes.ts';
import type { NodeNetwork } from './network.ts';

/** What the daemons of a real node are told; pure texts. */

export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

export const KUBELET_PORT = 10_250;
export const KUBELET_HEALTH_PORT = 10_248;
const CLUSTER_DOMAIN = 'cluster.local';
const MAX_PODS = 60;
/** A fork bomb of a pod stops there. */
const MAX_PROCESSES_OF_POD = 4_096;

export type NodeIdentity = { readonly name: string; readonly network: NodeNetwork };

/** /etc/containerd/config.toml. */
export const containerdConfig = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE runc could not set the score that pods ask for, and would fail.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
`;

/** /etc/cni/net.d/10-bridge.conflist: pods on a bridge in the node, which the machine has a route to. */
export function cniConfig({ podRange }: NodeNetwork): string {
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: '/run/cni',
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

/** The kubelet's configuration. */
export function kubeletConfig({ network }: NodeIdentity): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    port: KUBELET_PORT,
    healthzBindAddress: network.nodeAddress,
    healthzPort: KUBELET_HEALTH_PORT,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/etc/kubernetes/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [network.nodeAddress],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: '',
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // The disk is the machine's: how full it is says nothing of the node.
    localStorageCapacityIsolation: false,
    evictionHard: { 'memory.available': '1Mi' },
    imageGCHighThresholdPercent: 100,
    maxPods: MAX_PODS,
    podPidsLimit: MAX_PROCESSES_OF_POD,
    nodeLeaseDurationSeconds: 40,
  });
}

/** kube-proxy's configuration. */
export function kubeProxyConfig({ name, network }: NodeIdentity): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    hostnameOverride: name,
    mode: 'iptables',
    clusterCIDR: network.podRange,
    clientConnection: { kubeconfig: '/etc/kubernetes/kube-proxy.yaml' },
    // How many connections the machine follows is the machine's affair.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
  });
}

/** CoreDNS' Corefile: names of the cluster, and no other. */
export function corefile({ network }: NodeIdentity): string {
  return `.:53 {
  bind ${network.nodeAddress}
  errors
  ready 127.0.0.1:8181
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
    kubeconfig /etc/kubernetes/coredns.yaml
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
  }
}
`;
}
