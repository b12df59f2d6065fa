/** The pod of a Ray node: restricted by Pod Security, pinned to its node, without a token. */
export type PodTemplateInput = Readonly<{
  labels: Readonly<Record<string, string>>;
  container: 'ray-head' | 'ray-worker';
  image: string;
  /** Kubernetes quantities; requests and limits are the same. */
  cpu: string;
  memory: string;
  /** What the pod has from being asked to end until it is killed. */
  graceSeconds: number;
  env?: readonly Readonly<{ name: string; value: string }>[];
  /** Run in the container when it is asked to end; program and arguments. */
  preStop?: readonly string[];
  /** Absent: KubeRay makes one with the rights that its autoscaler needs, and mounts its token. */
  serviceAccount: string | undefined;
  devices?: Readonly<{
    resource: string;
    count: number;
    node: string;
    product: string | undefined;
  }>;
}>;

/** rayproject images run as this user; restricted pods have to name one that is not root. */
const rayUser = 1000;
const rayGroup = 100;

export function podTemplate(input: PodTemplateInput): Readonly<Record<string, unknown>> {
  const { devices } = input;
  const resources = {
    cpu: input.cpu,
    memory: input.memory,
    ...(devices === undefined ? {} : { [devices.resource]: String(devices.count) }),
  };
  return {
    metadata: { labels: input.labels },
    spec: {
      ...(input.serviceAccount === undefined
        ? {}
        : { serviceAccountName: input.serviceAccount, automountServiceAccountToken: false }),
      enableServiceLinks: false,
      terminationGracePeriodSeconds: input.graceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: rayUser,
        runAsGroup: rayGroup,
        fsGroup: rayGroup,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: input.container,
          image: input.image,
          imagePullPolicy: 'IfNotPresent',
          ...(input.env === undefined ? {} : { env: input.env }),
          ...(input.preStop === undefined
            ? {}
            : { lifecycle: { preStop: { exec: { command: input.preStop } } } }),
          resources: { requests: resources, limits: resources },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
      ...(devices === undefined ? {} : onDeviceNode(devices)),
    },
  };
}

/** Only the leased node, and only while it still says that it has this GPU. */
function onDeviceNode(devices: { resource: string; node: string; product: string | undefined }) {
  const isOneOf = (key: string, value: string) => ({ key, operator: 'In', values: [value] });
  return {
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              // By the node's name: the label kubernetes.io/hostname may differ from it.
              matchFields: [isOneOf('metadata.name', devices.node)],
              matchExpressions: [
                isOneOf('nvidia.com/gpu.present', 'true'),
                // Each resource has labels of its own: slices are described beside whole GPUs.
                ...(devices.product === undefined || devices.product === ''
                  ? []
                  : [isOneOf(`${devices.resource}.product`, devices.product)]),
              ],
            },
          ],
        },
      },
    },
  };
}
