import type { KubeApi } from '../../hack/federation/kube-api.ts';

/** Who somebody is to an API server. */
export type Subject = Readonly<{ user: string; groups?: readonly string[] }>;

type ServedResource = Readonly<{
  group: string;
  version: string;
  /** With its subresource: `pods/exec`. */
  name: string;
  namespaced: boolean;
}>;

const everyVerb = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] as const;

/** Verbs that RBAC knows for some resources only. */
const specialVerbs: readonly (readonly [group: string, name: string, verbs: readonly string[]])[] =
  [
    ['', 'users', ['impersonate']],
    ['', 'groups', ['impersonate']],
    ['', 'serviceaccounts', ['impersonate']],
    ['authentication.k8s.io', 'uids', ['impersonate']],
    ['authentication.k8s.io', 'userextras/scopes', ['impersonate']],
    ['rbac.authorization.k8s.io', 'roles', ['bind', 'escalate']],
    ['rbac.authorization.k8s.io', 'clusterroles', ['bind', 'escalate']],
    ['certificates.k8s.io', 'signers', ['approve', 'sign', 'attest']],
    ['compute.io.net', 'iomembers', ['accept']],
    ['', 'nodes', ['proxy']],
  ];

/** All that an API server serves, found by discovery. */
async function servedResources(api: KubeApi): Promise<readonly ServedResource[]> {
  const { groups } = (await api.get('/apis')) as { groups: readonly Group[] };
  const versions = ['v1', ...groups.flatMap(({ versions: all }) => all.map((v) => v.groupVersion))];
  const found = new Map<string, ServedResource>();
  for (const groupVersion of versions) {
    const [group = '', version = ''] = groupVersion.includes('/')
      ? groupVersion.split('/')
      : ['', groupVersion];
    const root = group === '' ? '/api/v1' : `/apis/${groupVersion}`;
    const { resources } = (await api.get(root)) as { resources: readonly Listed[] };
    for (const { name, namespaced } of resources) {
      found.set(`${group}/${name}`, { group, version, name, namespaced });
    }
  }
  return [...found.values()];
}

type Group = { versions: readonly { groupVersion: string }[] };
type Listed = { name: string; namespaced: boolean };

/**
 * Asks an API server about every verb on every resource, cluster-wide and in the namespaces: what the
 * subject may do without naming an object, a line for each place and resource, such as
 * `io-member-a iodevices.compute.io.net create list`. `*` is the whole cluster; what is allowed there
 * is not told again for a namespace.
 */
export async function allowedActions(
  api: KubeApi,
  subject: Subject,
  namespaces: readonly string[],
): Promise<readonly string[]> {
  const special = specialVerbs.map(([group, name, verbs]) => ({
    ...{ group, name, verbs, namespaced: name === 'serviceaccounts' || name === 'roles' },
  }));
  const resources = [
    ...(await servedResources(api)).map((served) => ({ ...served, verbs: everyVerb })),
    ...special,
  ];
  const lines = await Promise.all(
    resources.map(async ({ group, name, namespaced, verbs }) => {
      const [resource, subresource] = name.split('/');
      const allowedIn = async (namespace: string, known: readonly string[]) => {
        const asked = verbs.filter((verb) => !known.includes(verb));
        const verdicts = await Promise.all(
          asked.map((verb) => {
            const resourceAttributes = { group, resource, subresource, namespace, verb };
            return isAllowed(api, subject, { resourceAttributes });
          }),
        );
        return asked.filter((_, at) => verdicts[at]);
      };
      const what = group === '' ? name : `${name}.${group}`;
      const everywhere = await allowedIn('', []);
      const places = await Promise.all(
        (namespaced ? namespaces : []).map(
          async (place) => [place, await allowedIn(place, everywhere)] as const,
        ),
      );
      return [['*', everywhere] as const, ...places].flatMap(([place, allowed]) =>
        allowed.length === 0 ? [] : [[place, what, ...allowed.toSorted()].join(' ')],
      );
    }),
  );
  return lines.flat().toSorted();
}

/** One SubjectAccessReview. */
async function isAllowed(
  api: KubeApi,
  { user, groups = [] }: Subject,
  attributes: object,
): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const spec = { user, groups: [...groups, 'system:authenticated'], ...attributes };
  const { status, body } = await api.send('POST', path, {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
    spec,
  });
  if (status !== 201) throw new Error(`SubjectAccessReview: ${status} ${JSON.stringify(body)}`);
  return (body['status'] as { allowed: boolean }).allowed;
}
