import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readManifests, splitManifests } from './manifest.ts';
import { vendorFiles } from './member.ts';
import { checkoutDirectory } from './paths.ts';

test('documents are told apart, and comments are none', () => {
  const text = `# licence
---
apiVersion: v1
kind: "ConfigMap"
metadata:
  name: a
  namespace: n
data:
  metadata: |
    name: not-this
---
# nothing
---
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    name: not-this
  name: b`;
  const found = splitManifests(text, 'x.yaml');
  expect(found.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }))).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'b' } },
  ]);
  expect(found[0]?.text).toContain('name: not-this');
});

test('a document without a name is refused with the file', () => {
  expect(() => splitManifests('apiVersion: v1\nkind: Pod\n', 'x.yaml')).toThrow(
    'x.yaml holds a document without apiVersion, kind or metadata.name',
  );
});

test('the vendored manifests are of the versions that are built and documented', () => {
  const goMod = readFileSync(join(checkoutDirectory, 'hack/tools/kuberay/go.mod'), 'utf8');
  const readme = readFileSync(join(checkoutDirectory, 'crds/vendor/README.md'), 'utf8');
  const kuberay = /kuberay\/ray-operator (v[0-9.]+)/.exec(goMod)?.[1];
  expect(readme).toContain(`\`github.com/ray-project/kuberay/ray-operator\` ${kuberay}`);
  const kueueMod = readFileSync(join(checkoutDirectory, 'hack/tools/kueue/go.mod'), 'utf8');
  const kueue = /sigs.k8s.io\/kueue (v[0-9.]+)/.exec(kueueMod)?.[1];
  expect(readme).toContain(`\`sigs.k8s.io/kueue\` ${kueue}`);
  const images = vendorFiles('nvidia').map(
    (file) =>
      /image: nvcr.io\/nvidia\/k8s-device-plugin:(\S+)/.exec(readFileSync(file, 'utf8'))?.[1],
  );
  expect(new Set(images).size).toBe(1);
  expect(readme).toContain(`\`github.com/NVIDIA/k8s-device-plugin\` ${images[0]}`);
  expect(
    vendorFiles('kuberay')
      .flatMap(readManifests)
      .map(({ metadata }) => metadata.name),
  ).toEqual(['rayclusters.ray.io']);
});
