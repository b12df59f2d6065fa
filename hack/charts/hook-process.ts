import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { type Deployment, localPod, referencesOf } from '../federation/agent-pod.ts';
import type { ControlPlane } from '../federation/control-plane.ts';
import { serviceAccountToken } from '../federation/join.ts';
import { expectSuccess, type KubeApi, type Manifest } from '../federation/kube-api.ts';
import { checkoutDirectory } from '../federation/paths.ts';
import { writePrivate } from '../federation/pki.ts';

const WITHIN_MS = 60_000;

export type HookRun = Readonly<{
  plane: ControlPlane;
  api: KubeApi;
  /** Of one hook, with its Job. */
  manifests: readonly Manifest[];
  /** Of its own; what is mounted lies there. */
  directory: string;
}>;

/** What a hook's Job said, and how it ended. */
export type HookOutcome = Readonly<{ code: number | null; said: string }>;

/**
 * Runs what a hook's Job would, as a process: simulated pods end well whatever they should do. It has
 * the rights that the hook's own roles give, and no others.
 */
export async function runHook({ plane, api, manifests, directory }: HookRun): Promise<HookOutcome> {
  const job = manifests.find(({ kind }) => kind === 'Job');
  if (job === undefined) throw new Error('this hook has no Job');
  const others = manifests.filter((manifest) => manifest !== job);
  for (const manifest of others) await api.apply(manifest);
  try {
    return await ended(await argumentsOf(job, { plane, api, directory }));
  } finally {
    // As Helm does when a hook succeeded.
    for (const each of others) {
      expectSuccess(await api.send('DELETE', await api.pathOf(each)), each.metadata.name);
    }
  }
}

/** What a Job's process is started with, once everything that it mounts lies in a folder here. */
async function argumentsOf(
  job: Manifest,
  { plane, api, directory }: Omit<HookRun, 'manifests'>,
): Promise<readonly string[]> {
  const { name, namespace = 'default' } = job.metadata;
  const deployment: Deployment = {
    metadata: { name, namespace },
    spec: job['spec'] as Deployment['spec'],
  };
  const { configMaps } = referencesOf(deployment);
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const key of configMaps) {
    const path = `/api/v1/namespaces/${deployment.metadata.namespace}/configmaps/${key}`;
    const object = (await api.get(path)) as { data?: Record<string, string> } | undefined;
    if (object !== undefined) found.set(key, object.data ?? {});
  }
  const references = { configMaps: found, secrets: new Map() };
  const pod = localPod(deployment, references, { directory, persistentDirectory: directory });
  for (const { path, text } of pod.files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const kubeconfig = join(directory, 'kubeconfig.yaml');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const token = await serviceAccountToken(api, pod.namespace, pod.serviceAccount);
  writePrivate(kubeconfig, tokenKubeconfig(plane, token));
  return [...pod.args, `--kubeconfig=${kubeconfig}`];
}

async function ended(args: readonly string[]): Promise<HookOutcome> {
  const program = join(checkoutDirectory, 'operator/main.ts');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

function tokenKubeconfig({ name, server, caPem }: ControlPlane, token: string): string {
  const authority = Buffer.from(caPem).toString('base64');
  return stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'account', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'account' } }],
  });
}
