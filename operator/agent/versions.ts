import type { Versions } from '../domain/member/heartbeat.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';

type Deployment = KubeObject & {
  spec?: { template?: { spec?: { containers?: readonly { image?: string }[] } } };
};

const deployments: Resource<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

/** Versions change with upgrades, not between two heartbeats. */
const askAgainAfterCalls = 60;

/**
 * What runs on the member: asked at the first heartbeat and at every sixtieth. A version that
 * cannot be had is left out; it is no reason not to be heard.
 */
export function memberVersions(options: {
  local: ApiClient;
  agent: string;
}): () => Promise<Versions> {
  const { local, agent } = options;
  let known: Versions = { agent };
  let calls = 0;
  return async () => {
    if (calls % askAgainAfterCalls === 0) {
      const kubernetes = await local.serverVersion().then(
        ({ gitVersion }) => gitVersion,
        () => known.kubernetes,
      );
      const kuberay = await kuberayVersion(local).catch(() => known.kuberay);
      known = {
        agent,
        ...(kubernetes === undefined ? {} : { kubernetes }),
        ...(kuberay === undefined ? {} : { kuberay }),
      };
    }
    calls += 1;
    return known;
  };
}

/** The tag of KubeRay's image, from the Deployment that its chart makes. */
async function kuberayVersion(local: ApiClient): Promise<string | undefined> {
  const { items } = await local.list(deployments, {
    labelSelector: 'app.kubernetes.io/name=kuberay-operator',
    limit: 1,
  });
  const image = items[0]?.spec?.template?.spec?.containers?.[0]?.image;
  const tag = image?.split('@')[0]?.split(':').at(-1);
  return tag === undefined || tag.includes('/') ? undefined : tag;
}
