import type { KubeApi } from '../federation/kube-api.ts';

type Kinds = {
  readonly resources?: readonly { readonly name: string; readonly verbs: string[] }[];
};
type Groups = {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
};
type Found = {
  readonly items: readonly {
    readonly metadata: { readonly namespace?: string; readonly name: string };
  }[];
};

/** All objects of a cluster with a label, of every kind that can be listed: `kind namespace/name`. */
export async function objectsWith(api: KubeApi, labelSelector: string): Promise<readonly string[]> {
  const { groups } = (await api.get('/apis')) as Groups;
  const roots = ['/api/v1', ...groups.map((each) => `/apis/${each.preferredVersion.groupVersion}`)];
  const found: string[] = [];
  for (const root of roots) {
    const { resources = [] } = ((await api.get(root)) ?? {}) as Kinds;
    for (const { name, verbs } of resources) {
      if (!verbs.includes('list') || name.includes('/')) continue;
      const query = `labelSelector=${encodeURIComponent(labelSelector)}`;
      const list = (await api.get(`${root}/${name}?${query}`)) as Found | undefined;
      for (const { metadata } of list?.items ?? []) {
        found.push(`${name} ${metadata.namespace ?? ''}/${metadata.name}`);
      }
    }
  }
  return found.toSorted();
}
