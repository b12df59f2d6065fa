import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { assetPaths, binaryPath } from './cache.ts';
import type { ComponentSpec } from './components.ts';
import type { ControlPlane } from './control-plane.ts';
import { KubeApi, type Manifest } from './kube-api.ts';
import { writePrivate } from './pki.ts';
import { reservePorts } from './ports.ts';

const NAMESPACE = 'kueue-system';
const SERVICE = 'kueue-webhook-service';
const SECRET = 'kueue-webhook-server-cert';
const READY_WITHIN_MS = 120_000;
const POLL_MS = 100;

type WebhookClient = { service?: { name: string; namespace: string; path: string; port: number } };
type Webhook = { name: string; clientConfig: WebhookClient };

/**
 * Starts Kueue on a member that runs KubeRay, with its webhooks, for RayClusters alone. It makes its own
 * CA as in a pod; a Service that is another name of this machine leads the API server to it.
 */
export async function startKueue(plane: ControlPlane): Promise<void> {
  const directory = join(plane.directory, 'kueue');
  const certificates = join(directory, 'certificates');
  mkdirSync(certificates, { recursive: true, mode: 0o700 });
  const [webhookPort = 0, probePort = 0] = await reservePorts(2, plane.directory);
  const config = join(directory, 'config.yaml');
  writeFileSync(config, stringify(configOf({ certificates, webhookPort, probePort })));
  const api = new KubeApi(plane.adminKubeconfigPath);
  try {
    await install(api, directory, webhookPort);
    const spec = kueueSpec(plane, config, probePort);
    await plane.components.begin([spec]);
    await mountCertificates(api, certificates);
    await plane.components.start(spec.name);
  } finally {
    await api.close();
  }
}

type Places = Readonly<{ certificates: string; webhookPort: number; probePort: number }>;

const configOf = ({ certificates, webhookPort, probePort }: Places): object => ({
  apiVersion: 'config.kueue.x-k8s.io/v1beta2',
  kind: 'Configuration',
  namespace: NAMESPACE,
  health: { healthProbeBindAddress: `127.0.0.1:${probePort}` },
  metrics: { bindAddress: '0' },
  webhook: { host: '127.0.0.1', port: webhookPort, certDir: certificates },
  leaderElection: { leaderElect: false },
  internalCertManagement: {
    ...{ enable: true, webhookServiceName: SERVICE, webhookSecretName: SECRET },
  },
  integrations: { frameworks: ['ray.io/raycluster'] },
  // It would serve on a port of its own.
  featureGates: { VisibilityOnDemand: false },
});

function kueueSpec(plane: ControlPlane, config: string, probePort: number): ComponentSpec {
  const kubeconfig = plane.issueKubeconfig({
    commonName: 'kueue',
    organizations: ['system:masters'],
  });
  return {
    name: 'kueue',
    command: binaryPath('kueue'),
    args: [`--kubeconfig=${kubeconfig}`, `--config=${config}`],
    ready: { url: `http://127.0.0.1:${probePort}/readyz` },
    readyWithinMs: READY_WITHIN_MS,
  };
}

async function install(api: KubeApi, directory: string, port: number): Promise<void> {
  const files = assetPaths('kueue');
  const webhooks = files.find((path) => path.endsWith('manifests.yaml')) ?? '';
  const client = (path: string): WebhookClient => ({
    service: { name: SERVICE, namespace: NAMESPACE, path, port },
  });
  const crds = files.filter((path) => path !== webhooks).map((path) => crdWith(path, client));
  const written = crds.map((crd) => {
    const path = join(directory, `${crd.metadata.name}.yaml`);
    writeFileSync(path, stringify(crd));
    return path;
  });
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, namespace: NAMESPACE } },
  });
  await api.apply({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: SERVICE, namespace: NAMESPACE } },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  await api.applyFiles(written);
  for (const document of parseAllDocuments(readFileSync(webhooks, 'utf8'))) {
    const manifest = document.toJS() as Manifest & { webhooks: readonly Webhook[] };
    await api.apply({
      ...manifest,
      metadata: { name: `kueue-${manifest.metadata.name}` },
      webhooks: manifest.webhooks.filter(isServed).map((webhook) => ({
        ...webhook,
        clientConfig: client(webhook.clientConfig.service?.path ?? ''),
      })),
    });
  }
}

/** Of RayClusters and of Kueue's own kinds: other integrations are not switched on. */
const isServed = ({ name }: Webhook): boolean =>
  /^[mv](raycluster|clusterqueue|cohort|resourceflavor|workload)\.kb\.io$/.test(name);

/** Kinds that Kueue converts from older versions; its certificates are written into these. */
const converted = /^(localqueues|clusterqueues|workloads|cohorts|multikueueclusters)\./;

function crdWith(path: string, client: (path: string) => WebhookClient): Manifest {
  const crd = parse(readFileSync(path, 'utf8')) as Manifest & { spec: object };
  if (!converted.test(crd.metadata.name)) return crd;
  const webhook = { clientConfig: client('/convert'), conversionReviewVersions: ['v1'] };
  return { ...crd, spec: { ...crd.spec, conversion: { strategy: 'Webhook', webhook } } };
}

/** What a kubelet does for a pod that mounts the Secret. */
async function mountCertificates(api: KubeApi, directory: string): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET}`;
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const { data = {} } = ((await api.get(path)) ?? {}) as { data?: Record<string, string> };
    if (data['tls.crt'] !== undefined) {
      // The certificate last: Kueue waits for that.
      for (const file of ['ca.crt', 'tls.key', 'tls.crt']) {
        writePrivate(join(directory, file), Buffer.from(data[file] ?? '', 'base64').toString());
      }
      return;
    }
    if (performance.now() > deadline) throw new Error('Kueue has made no certificate');
    await delay(POLL_MS);
  }
}
