import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { checkoutDirectory } from './federation/paths.ts';

/** What charts hold of files that are kept elsewhere, by the file's path in charts/. */
function generated(): ReadonlyMap<string, string> {
  const vendored = (name: string): string => read(`crds/vendor/nvidia/${name}`);
  const rbac = (process: string): string => read(`hack/federation/manifests/${process}-rbac.yaml`);
  return new Map([
    ...readdirSync(join(checkoutDirectory, 'crds/generated')).map(
      (name) => [`io-hub/files/crds/${name}`, read(`crds/generated/${name}`)] as const,
    ),
    ['io-hub/files/hub-rules.yaml', rulesIn(rbac('hub'))],
    ['io-hub/files/hub-lease-rules.yaml', rulesIn(rbac('hub'), 'Role')],
    [
      'io-hub/files/hub-profile-rules.yaml',
      rulesIn(rbac('hub'), 'ClusterRole', 'io-operator-hub-profiles'),
    ],
    ['io-hub/files/api-rules.yaml', rulesIn(rbac('api'))],
    ['io-hub/files/api-invitation-rules.yaml', rulesIn(rbac('api-invitations'))],
    ['io-hub/files/api-invitation-account-rules.yaml', rulesIn(rbac('api-invitations'), 'Role')],
    ['io-hub/files/renter-rbac.yaml', rbac('renter')],
    ['io-member/files/agent-rules.yaml', rulesIn(rbac('agent'))],
    [
      'io-member/files/agent-queue-rules.yaml',
      rulesIn(rbac('agent'), 'ClusterRole', 'io-operator-agent-queue'),
    ],
    [
      'io-member/files/agent-slice-rules.yaml',
      rulesIn(rbac('agent'), 'ClusterRole', 'io-operator-agent-slices'),
    ],
    ['io-member/files/kuberay-rules.yaml', rulesIn(read('crds/vendor/kuberay-operator/role.yaml'))],
    ['io-member/files/rayclusters.yaml', read('crds/vendor/kuberay/ray.io_rayclusters.yaml')],
    // RayJobs and RayServices are not used; KubeRay's operator ends itself when it cannot watch them.
    ['io-member/files/rayjobs.yaml', rayKind('rayjobs')],
    ['io-member/files/rayservices.yaml', rayKind('rayservices')],
    ['io-member/files/nvidia-device-plugin.yaml', vendored('nvidia-device-plugin.yaml')],
    ['io-member/files/gpu-feature-discovery.yaml', vendored('gpu-feature-discovery.yaml')],
  ]);
}

const read = (path: string): string => readFileSync(join(checkoutDirectory, path), 'utf8');

type Manifest = { kind?: string; rules?: unknown; metadata?: { name?: string } };

const manifestsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);

/** The rules of the first role of a kind in a text, or of the one with that name. */
function rulesIn(
  text: string,
  kind: 'ClusterRole' | 'Role' = 'ClusterRole',
  name?: string,
): string {
  const role = manifestsIn(text).find(
    (manifest) =>
      manifest.kind === kind && (name ?? manifest.metadata?.name) === manifest.metadata?.name,
  );
  if (role?.rules === undefined) throw new Error(`there is no ${kind} ${name ?? ''}`);
  return stringify(role.rules);
}

function rayKind(plural: string): string {
  const kinds = manifestsIn(read('hack/federation/manifests/ray-kinds-without-schema.yaml'));
  const found = kinds.find(({ metadata }) => metadata?.name === `${plural}.ray.io`);
  if (found === undefined) throw new Error(`there is no definition of ${plural}`);
  return stringify(found);
}

/** Copies of what is not there any more. */
function stale(wanted: ReadonlyMap<string, string>): readonly string[] {
  return ['io-hub/files', 'io-member/files'].flatMap((folder) => {
    const path = join(checkoutDirectory, 'charts', folder);
    if (!existsSync(path)) return [];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(join(checkoutDirectory, 'charts'), join(entry.parentPath, entry.name)),
      )
      .filter((name) => !wanted.has(name));
  });
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const wanted = generated();
  const faults: string[] = [];
  for (const [name, content] of wanted) {
    const path = join(checkoutDirectory, 'charts', name);
    if (!values.check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    } else if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
      faults.push(name);
    }
  }
  for (const name of stale(wanted)) {
    if (values.check) faults.push(name);
    else rmSync(join(checkoutDirectory, 'charts', name));
  }
  for (const name of faults) {
    console.error(`charts/${name} is not what it is made of; run \`make generate\`.`);
    process.exitCode = 1;
  }
}

main();
