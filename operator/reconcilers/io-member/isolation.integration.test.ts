import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { memberKeys } from '../../adapters/x509/request.ts';
import { memberNamespace } from '../../domain/lease.ts';
import { memberUser, membersGroup } from '../../domain/member/identity.ts';
import {
  invitationAccount,
  invitationNamespace,
  invitationRole,
  invitedManifests,
} from '../../domain/member/invitation.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import type { Resource } from '../../runtime/resource.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { allowedActions, type Subject } from '../../testing/rights.ts';
import { accessManifests } from './access.ts';

/** Every verb on everything that the hub's API server serves, as everybody who has rights there. */

const rbac = 'rbac.authorization.k8s.io/v1';
const compute = '/apis/compute.io.net/v1alpha1';
const mine = memberNamespace('a');
const theirs = memberNamespace('b');
const namespaces = [mine, theirs, 'renter', 'io-system', 'kube-system'];
const lease = 'lease-0123456789abcdef';

const memberA: Subject = {
  user: memberUser({ member: 'a', enrolment: 1 }),
  groups: [membersGroup],
};
const invited: Subject = {
  user: `system:serviceaccount:${invitationNamespace}:${invitationAccount('a')}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${invitationNamespace}`],
};

let cluster: PrivateCluster;
let admin: KubeApi;
let asA: KubeApi;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'isolation' });
  admin = new KubeApi(cluster.adminKubeconfigPath, 32);
  asA = new KubeApi(cluster.kubeconfigPathFor(memberA.user, memberA.groups));
  await admin.applyFiles([
    ...['hub-rbac', 'api-rbac', 'api-invitations-rbac'].map((name) =>
      join(checkoutDirectory, 'hack/federation/manifests', `${name}.yaml`),
    ),
    join(checkoutDirectory, 'charts/io-hub/templates/admission.yaml'),
  ]);
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'renter' } });
  for (const member of ['a', 'b']) await admit(member);
  await invite('a');
}, 90_000);
afterAll(async () => {
  await Promise.all([asA?.close(), admin?.close()]);
  await cluster?.stop();
});

/** What the hub makes for a member, and something in its namespace to reach for. */
async function admit(member: string): Promise<void> {
  const namespace = memberNamespace(member);
  const manifests = accessManifests({ member, enrolment: 1 }, namespace);
  for (const manifest of Object.values(manifests)) await admin.apply(manifest);
  const location = { country: 'DE' };
  await admin.apply(object('IOMember', member, undefined, { location, accepted: true }));
  await admin.apply({
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    metadata: { name: 'heartbeat', namespace },
  });
}

const object = (kind: string, name: string, namespace: string | undefined, spec: object) => ({
  ...{ apiVersion: 'compute.io.net/v1alpha1', kind, spec },
  metadata: namespace === undefined ? { name } : { name, namespace },
});

async function invite(member: string): Promise<void> {
  const identity = { member, enrolment: 1 };
  const role = invitationRole(identity, '2030-01-01T00:00:00Z');
  await admin.apply({ apiVersion: rbac, kind: 'ClusterRole', ...role });
  const made = await admin.get(`/apis/${rbac}/clusterroles/${role.metadata.name}`);
  const { uid } = (made?.['metadata'] ?? {}) as { uid: string };
  const { account, binding } = invitedManifests(identity, uid);
  await admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', ...account });
  await admin.apply({ apiVersion: rbac, kind: 'ClusterRoleBinding', ...binding });
}

/** Everybody who is authenticated may ask what they may do themselves. */
const everybody = [
  '* selfsubjectaccessreviews.authorization.k8s.io create',
  '* selfsubjectreviews.authentication.k8s.io create',
  '* selfsubjectrulesreviews.authorization.k8s.io create',
];

async function expectAllowed(
  subject: Subject,
  expected: readonly string[],
  places: readonly string[] = namespaces,
): Promise<void> {
  const allowed = await allowedActions(admin, subject, places);
  expect(allowed).toEqual([...everybody, ...expected].toSorted());
}

describe('without naming an object', () => {
  test('a member may do this in its own namespace, and nothing anywhere else', async () => {
    await expectAllowed(memberA, [
      `${mine} iodevices.compute.io.net create delete list patch watch`,
      `${mine} ioplacements.compute.io.net get list patch watch`,
      `${mine} ioplacements/status.compute.io.net patch`,
    ]);
  }, 60_000);

  test('an enrolment that was put out may do nothing', async () => {
    const old = { ...memberA, user: memberUser({ member: 'a', enrolment: 2 }) };
    await expectAllowed(old, [], [mine]);
  }, 60_000);

  test('who is invited may do nothing', async () => {
    await expectAllowed(invited, [
      // Kubernetes lets every ServiceAccount read whom to trust.
      '* clustertrustbundles.certificates.k8s.io get list watch',
    ]);
  }, 60_000);

  test('the api writes IOClusters for people, and invites; it reads who is let in', async () => {
    await expectAllowed({ user: 'compute.io.net:api' }, [
      '* events.events.k8s.io list',
      '* ioaccounts.compute.io.net get',
      '* ioclusters.compute.io.net create delete get list patch watch',
      '* subjectaccessreviews.authorization.k8s.io create',
      '* tokenreviews.authentication.k8s.io create',
      // Only with --invitations, and held to them by the policy of the chart.
      '* certificatesigningrequests.certificates.k8s.io create get patch',
      '* clusterrolebindings.rbac.authorization.k8s.io create patch',
      '* clusterroles.rbac.authorization.k8s.io create patch',
      '* iomembers.compute.io.net create get list patch watch',
      'io-system serviceaccounts create delete patch',
      'io-system serviceaccounts/token create',
    ]);
  }, 60_000);

  test('the hub reads no secret, changes no workload and gives away no more than it has', async () => {
    const hub = { user: 'compute.io.net:hub' };
    await expectAllowed(
      hub,
      [
        '* certificatesigningrequests.certificates.k8s.io create delete get list patch watch',
        '* certificatesigningrequests/approval.certificates.k8s.io patch',
        '* certificatesigningrequests/status.certificates.k8s.io patch',
        '* clusterrolebindings.rbac.authorization.k8s.io create delete patch',
        '* clusterroles.rbac.authorization.k8s.io create delete list patch watch',
        '* events.events.k8s.io create patch',
        '* ioaccounts.compute.io.net list watch',
        '* ioaccounts/status.compute.io.net patch',
        '* ioclusters.compute.io.net list patch watch',
        '* ioclusters/status.compute.io.net patch',
        '* iodevices.compute.io.net create delete list patch watch',
        '* iodevices/status.compute.io.net patch',
        '* iomembers.compute.io.net list patch watch',
        '* iomembers/status.compute.io.net patch',
        '* ioplacements.compute.io.net create delete get list patch watch',
        '* ioplacements/status.compute.io.net patch',
        '* ioslashcases.compute.io.net list patch watch',
        '* ioslashcases/status.compute.io.net patch',
        '* leases.coordination.k8s.io list watch',
        '* namespaces create delete get patch',
        '* priorityclasses.scheduling.k8s.io list watch',
        'io-system leases.coordination.k8s.io create',
      ],
      [mine, 'io-system', 'kube-system'],
    );
  }, 60_000);
});

const rulesReviews: Resource = {
  ...{ group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview' },
  ...{ plural: 'selfsubjectrulesreviews', namespaced: false },
};
type Rules = {
  incomplete: boolean;
  resourceRules: readonly {
    verbs: readonly string[];
    resources: readonly string[];
    resourceNames?: readonly string[];
  }[];
};

/** All rules that name objects, as `place resource/name verbs`. */
async function namedRules(kubeConfig: KubeConfig, places: readonly string[]): Promise<string[]> {
  const client = new ApiClient({ kubeConfig, userAgent: 'test' });
  try {
    const lines: string[] = [];
    for (const namespace of places) {
      const rules = (await client.review(rulesReviews, { namespace })) as Rules;
      expect(rules.incomplete).toBe(false);
      for (const { verbs, resources, resourceNames = [] } of rules.resourceRules) {
        for (const name of resourceNames) {
          lines.push(`${namespace} ${resources.join()}/${name} ${verbs.join(' ')}`);
        }
      }
    }
    return lines.toSorted();
  } finally {
    await client.close();
  }
}

describe('by name', () => {
  /** What holds in the whole cluster is told for each namespace. */
  const everywhere = (...rules: string[]): string[] =>
    namespaces.flatMap((namespace) => rules.map((rule) => `${namespace} ${rule}`));

  test('a member may change its own IOMember, renew its certificate and be heard', async () => {
    const config = cluster.kubeConfigFor(memberA.user, memberA.groups);
    const expected = [
      ...everywhere(
        'certificatesigningrequests/io-member-a-renewal get create patch',
        'iomembers/a list watch patch',
      ),
      `${mine} leases/heartbeat get create patch`,
    ];
    expect(await namedRules(config, namespaces)).toEqual(expected.toSorted());
  });

  test('who is invited may ask for one member and for one certificate', async () => {
    const client = new ApiClient({ kubeConfig: cluster.kubeConfig, userAgent: 'test' });
    const account = invitationAccount('a');
    const { token } = await client.serviceAccountToken(account, invitationNamespace, 600);
    await client.close();
    const config = new KubeConfig();
    const server = cluster.kubeConfig.getCurrentCluster();
    if (server === null) throw new Error('the kubeconfig names no cluster');
    config.loadFromClusterAndUser(server, { name: account, token });
    const expected = everywhere(
      'certificatesigningrequests/io-member-a-1 get create patch',
      'iomembers/a get create patch',
    );
    expect(await namedRules(config, namespaces)).toEqual(expected.toSorted());
  });

  test('the api may do nothing, and the hub what its members may and leading needs', async () => {
    const places = [mine, 'io-system'];
    expect(await namedRules(cluster.kubeConfigFor('compute.io.net:api'), places)).toEqual([]);
    const hub = await namedRules(cluster.kubeConfigFor('compute.io.net:hub'), places);
    const expected = places.flatMap((place) =>
      [
        'leases/heartbeat get create patch',
        'rolebindings/io-agent create patch delete',
        'roles/io-agent create patch',
        'signers/compute.io.net/member-agent approve sign',
        'signers/kubernetes.io/kube-apiserver-client approve',
      ].map((rule) => `${place} ${rule}`),
    );
    expected.push('io-system leases/io-operator-hub get update');
    expect(hub).toEqual(expected.toSorted());
  });
});

const merge = 'application/merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

/** One request by each verb. Nothing is changed by those that are let through. */
const requests: Readonly<
  Record<string, (api: KubeApi, all: string, one: string) => ReturnType<KubeApi['send']>>
> = {
  list: (api, all) => api.send('GET', all),
  watch: (api, all) => api.send('GET', `${all}?watch=1&timeoutSeconds=1`),
  get: (api, _, one) => api.send('GET', one),
  create: (api, all) => api.send('POST', `${all}?dryRun=All`, {}),
  update: (api, _, one) => api.send('PUT', `${one}?dryRun=All`, {}),
  patch: (api, _, one) => api.send('PATCH', `${one}?dryRun=All`, {}, merge),
  delete: (api, _, one) => api.send('DELETE', `${one}?dryRun=All`),
  deletecollection: (api, all) => api.send('DELETE', `${all}?dryRun=All`),
};

/** What was not answered with `forbidden`. */
async function letThrough(
  api: KubeApi,
  collections: readonly (readonly [all: string, name: string])[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [all, name] of collections) {
    for (const part of ['', '/status']) {
      const one = `${all}/${name}${part}`;
      for (const [verb, request] of Object.entries(requests)) {
        // A collection has no status.
        if (part !== '' && !['get', 'update', 'patch'].includes(verb)) continue;
        const { status, body } = await request(api, all, one);
        if (status === 403 && body['reason'] === 'Forbidden') continue;
        found.push(`${verb} ${one.slice(compute.length)}`);
      }
    }
  }
  return found.toSorted();
}

describe('real requests of a member', () => {
  const kinds = ['ioaccounts', 'ioclusters', 'iodevices', 'ioplacements', 'ioslashcases'];
  const inNamespace = (namespace: string) =>
    kinds.map((kind) => [`${compute}/namespaces/${namespace}/${kind}`, lease] as const);

  test('reach its own namespace', async () => {
    expect(await letThrough(asA, inNamespace(mine))).toEqual(
      [
        ...['create', 'delete', 'list', 'patch', 'watch'].map((verb) => [verb, 'iodevices']),
        ...['get', 'list', 'patch', 'watch'].map((verb) => [verb, 'ioplacements']),
      ]
        .map(([verb, kind]) => {
          return `${verb} /namespaces/${mine}/${kind}/${lease}`;
        })
        .concat(`patch /namespaces/${mine}/ioplacements/${lease}/status`)
        .toSorted(),
    );
  }, 30_000);

  test.each(namespaces.filter((namespace) => namespace !== mine))(
    'reach nothing in %s',
    async (namespace) => {
      expect(await letThrough(asA, inNamespace(namespace))).toEqual([]);
    },
    30_000,
  );

  test('reach nothing of the whole cluster but its own IOMember', async () => {
    const everywhere = kinds.map((kind) => [`${compute}/${kind}`, lease] as const);
    expect(
      (await Promise.all(everywhere.map(([all]) => asA.send('GET', all)))).map((got) => got.status),
    ).toEqual(kinds.map(() => 403));
    const members = await letThrough(asA, [
      [`${compute}/iomembers`, 'a'],
      [`${compute}/iomembers`, 'b'],
    ]);
    expect(members).toEqual(['patch /iomembers/a']);
    const selected = (name: string) =>
      asA.send('GET', `${compute}/iomembers?fieldSelector=metadata.name%3D${name}`);
    expect((await selected('a')).status).toBe(200);
    expect((await selected('b')).status).toBe(403);
  }, 30_000);

  test('do not reach the heartbeat or the certificate of another member', async () => {
    const beat = (namespace: string) =>
      asA.send(
        'PATCH',
        `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/heartbeat?dryRun=All`,
        { spec: { holderIdentity: 'a' } },
        merge,
      );
    expect([(await beat(mine)).status, (await beat(theirs)).status]).toEqual([200, 403]);
    const requested = (name: string) =>
      asA.send('GET', `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`);
    expect((await requested('io-member-a-renewal')).status).toBe(404);
    expect((await requested('io-member-b-renewal')).status).toBe(403);
    expect((await requested('io-member-a-1')).status).toBe(403);
  });

  test.each<[string, object]>([
    ['put itself out and in', { accepted: false }],
    ['raise its enrolment', { enrolment: 2 }],
    ['earn for another account', { accountRef: { namespace: 'renter', name: 'x' } }],
    ['claim a certification', { certifications: ['ISO27001'] }],
    ['move to another city', { location: { country: 'DE', city: 'Bonn' } }],
  ])(
    'do not let it %s',
    async (_, spec) => {
      const change = () => asA.send('PATCH', `${compute}/iomembers/a?dryRun=All`, { spec }, merge);
      // A policy that was just created holds a moment later.
      await eventually(async () => expect((await change()).status).toBeGreaterThanOrEqual(400), {
        withinMs: 20_000,
      });
      const offers = [{ model: 'H100-80GB-HBM3', onDemandMicroUsdPerHour: 2_000_000 }];
      const prices = await asA.send(
        'PATCH',
        `${compute}/iomembers/a?dryRun=All`,
        { spec: { offers } },
        merge,
      );
      expect(prices.status).toBe(200);
    },
    30_000,
  );
});

describe('real requests of the hub', () => {
  const signingRequests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const roles = (namespace: string) => `/apis/${rbac}/namespaces/${namespace}/roles`;
  const approval = {
    status: { conditions: [{ type: 'Approved', status: 'True', reason: 'x', message: 'x' }] },
  };
  const denial = { status: { conditions: [{ ...approval.status.conditions[0], type: 'Denied' }] } };
  let asHub: KubeApi;

  beforeAll(async () => {
    asHub = new KubeApi(cluster.kubeconfigPathFor('compute.io.net:hub'));
    // By an administrator, which is nobody's agent; and by one.
    for (const name of ['io-member-a-9', 'somebodys']) await admin.apply(request(name));
    await asA.apply(request('io-member-a-renewal'));
  });
  afterAll(() => asHub?.close());

  const request = (name: string) => {
    const subject = { commonName: memberA.user, organizations: [membersGroup] };
    const pem = memberKeys.createRequest(memberKeys.createKey(), subject);
    return {
      ...{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' },
      metadata: { name },
      spec: {
        request: Buffer.from(pem).toString('base64'),
        ...{ signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
      },
    };
  };
  const namespace = (name: string, member: string) => ({
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name, labels: { 'compute.io.net/member': member } },
  });
  const boundTo = (subject: object) => ({
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', ...subject }],
  });
  const role = (kind: string, name: string, inNamespace?: string) => ({
    ...{ apiVersion: rbac, kind, rules: [] },
    metadata: inNamespace === undefined ? { name } : { name, namespace: inNamespace },
  });

  type Verb = Parameters<KubeApi['send']>[0];
  type Change = readonly [verb: Verb | 'APPLY', path: string, body?: object];
  const change = ([verb, path, body]: Change): ReturnType<KubeApi['send']> =>
    verb === 'APPLY'
      ? asHub.send('PATCH', `${path}?dryRun=All&fieldManager=test`, body, applyPatch)
      : asHub.send(verb, `${path}?dryRun=All`, body, verb === 'PATCH' ? merge : undefined);
  const clusterRoles = `/apis/${rbac}/clusterroles`;
  const bindings = `/apis/${rbac}/clusterrolebindings`;
  const ofA = 'compute.io.net:member:a';

  // Kubernetes itself keeps anybody from deleting some namespaces.
  const byPolicy = /ValidatingAdmissionPolicy 'hub-|this namespace may not be deleted/;

  test.each<[string, Change]>([
    ['delete kube-system', ['DELETE', '/api/v1/namespaces/kube-system']],
    ['delete default', ['DELETE', '/api/v1/namespaces/default']],
    ['delete the namespace of a renter', ['DELETE', '/api/v1/namespaces/renter']],
    [
      'take a namespace for that of a member',
      ['PATCH', '/api/v1/namespaces/renter', { metadata: namespace('renter', 'a').metadata }],
    ],
    [
      'lift the limits of a namespace',
      ['PATCH', '/api/v1/namespaces/kube-system', { metadata: { labels: { x: 'y' } } }],
    ],
    ['make a namespace of its own', ['POST', '/api/v1/namespaces', namespace('mine', 'mine')]],
    [
      'make a namespace of another member than it says',
      ['POST', '/api/v1/namespaces', namespace('io-member-c', 'd')],
    ],
    ['delete cluster-admin', ['DELETE', `${clusterRoles}/cluster-admin`]],
    ['empty cluster-admin', ['PATCH', `${clusterRoles}/cluster-admin`, { rules: [] }]],
    ['make a role of its own', ['POST', clusterRoles, role('ClusterRole', 'mine')]],
    ['delete the binding of somebody', ['DELETE', `${bindings}/system:node-proxier`]],
    [
      'bind the role of a member to everybody',
      ['PATCH', `${bindings}/${ofA}`, boundTo({ name: 'system:anonymous' })],
    ],
    [
      'bind the role of a member to another',
      ['PATCH', `${bindings}/compute.io.net:member:b`, boundTo({ name: memberA.user })],
    ],
    [
      'bind the role of a member to a group',
      ['PATCH', `${bindings}/${ofA}`, boundTo({ kind: 'Group', name: membersGroup })],
    ],
    [
      'make a role in a namespace that is no member’s',
      ['APPLY', `${roles('renter')}/io-agent`, role('Role', 'io-agent', 'renter')],
    ],
    ['ask for a certificate', ['POST', signingRequests, request('io-member-a-2')]],
    ['change what was asked for', ['PATCH', `${signingRequests}/io-member-a-9`, { metadata: {} }]],
    [
      'approve what no agent has asked for',
      ['PATCH', `${signingRequests}/io-member-a-9/approval`, approval],
    ],
    ['answer what is not for it', ['PATCH', `${signingRequests}/somebodys/approval`, denial]],
    ['delete what is not for it', ['DELETE', `${signingRequests}/somebodys`]],
  ])(
    'do not let it %s',
    async (_, wanted) => {
      // A policy that was just created holds a moment later.
      await eventually(
        async () => {
          const { status, body } = await change(wanted);
          expect([status, body['message']]).toEqual([403, expect.stringMatching(byPolicy)]);
        },
        { withinMs: 20_000 },
      );
    },
    30_000,
  );

  test.each<[string, Change]>([
    ['delete the namespace of a member', ['DELETE', `/api/v1/namespaces/${theirs}`]],
    [
      'label the namespace of a member',
      ['PATCH', `/api/v1/namespaces/${theirs}`, { metadata: { labels: { x: 'y' } } }],
    ],
    [
      'make the namespace of a member',
      ['POST', '/api/v1/namespaces', namespace('io-member-c', 'c')],
    ],
    ['make the role of a member', ['POST', clusterRoles, role('ClusterRole', `${ofA}-2`)]],
    ['delete the role of a member', ['DELETE', `${clusterRoles}/${ofA}`]],
    ['end an invitation', ['DELETE', `${clusterRoles}/compute.io.net:invitation:a`]],
    [
      'let the next key of a member in',
      ['PATCH', `${bindings}/${ofA}`, boundTo({ name: `${ofA}:2` })],
    ],
    ['put a member out', ['DELETE', `${bindings}/${ofA}`]],
    [
      'approve what an agent asks for',
      ['PATCH', `${signingRequests}/io-member-a-renewal/approval`, approval],
    ],
    [
      'deny what no agent has asked for',
      ['PATCH', `${signingRequests}/io-member-a-9/approval`, denial],
    ],
    ['delete a request', ['DELETE', `${signingRequests}/io-member-a-9`]],
  ])('let it %s', async (_, wanted) => {
    const { status, body } = await change(wanted);
    expect([status < 300, body['message']]).toEqual([true, undefined]);
  });
});
