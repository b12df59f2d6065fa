import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { invitationAccount, invitationName } from '../../domain/member/invitation.ts';
import { HubUnavailableError } from '../../ports/hub-errors.ts';
import type { MemberInvitations } from '../../ports/member-invitations.ts';
import { ApiClient } from '../../runtime/api-client.ts';
import { serverOf } from '../../runtime/kube-config.ts';
import type { Resource } from '../../runtime/resource.ts';
import {
  type PrivateCluster,
  startPrivateControlPlane,
} from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { createMemberInvitations } from './invitations.ts';

/** Invitations that the api makes, with its own rights, under the admission policies of the chart. */

const rbac = 'rbac.authorization.k8s.io/v1';
const compute = '/apis/compute.io.net/v1alpha1';
let cluster: PrivateCluster;
let admin: KubeApi;
let asApi: KubeApi;
let client: ApiClient;
let invitations: MemberInvitations;

beforeAll(async () => {
  cluster = await startPrivateControlPlane({ name: 'invitations' });
  admin = new KubeApi(cluster.adminKubeconfigPath);
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'io-system' } });
  await admin.applyFiles([
    ...['api-rbac', 'api-invitations-rbac'].map((name) =>
      join(checkoutDirectory, `hack/federation/manifests/${name}.yaml`),
    ),
    join(checkoutDirectory, 'charts/io-hub/templates/admission.yaml'),
  ]);
  asApi = new KubeApi(cluster.kubeconfigPathFor('compute.io.net:api'));
  client = new ApiClient({
    ...{ kubeConfig: cluster.kubeConfigFor('compute.io.net:api'), userAgent: 'test' },
  });
  const { url: hubUrl, caBundle } = serverOf(cluster.kubeConfig);
  const addresses = { hubUrl, caBundle, apiUrl: 'https://api.example.com' };
  invitations = createMemberInvitations(client, addresses, { now: Date.now });
}, 90_000);
afterAll(async () => {
  await Promise.all([asApi?.close(), admin?.close(), client?.close()]);
  await cluster?.stop();
});

type Values = {
  hub: { url: string; apiUrl: string; caBundle: string };
  member: { name: string; enrolment: number };
  join: { token: string };
};

/** Who bears the token of an invitation. */
function invited({ hub, join: { token } }: Values): ApiClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    {
      ...{ name: 'hub', server: hub.url, skipTLSVerify: false },
      caData: Buffer.from(hub.caBundle).toString('base64'),
    },
    { name: 'invited', token },
  );
  return new ApiClient({ kubeConfig, userAgent: 'test' });
}

const rules: Resource = {
  ...{ group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview' },
  ...{ plural: 'selfsubjectaccessreviews', namespaced: false },
};

/** Undefined: the token is nobody's any more. */
async function may(values: Values, verb: string, name: string): Promise<boolean | undefined> {
  const bearer = invited(values);
  const resourceAttributes = { group: 'compute.io.net', resource: 'iomembers', verb, name };
  try {
    const status = await bearer.review(rules, { resourceAttributes });
    return (status as { allowed: boolean }).allowed;
  } catch {
    return undefined;
  } finally {
    await bearer.close();
  }
}

test('an invitation lets its member ask, and nobody else; a later one ends it', async () => {
  const first = await invitations.invite('frankfurt');
  const values = parse(first.values) as Values;
  expect(values).toMatchObject({
    hub: { apiUrl: 'https://api.example.com' },
    member: { name: 'frankfurt', enrolment: 1 },
  });
  expect(Date.parse(first.expiresAt) - Date.now()).toBeGreaterThan(3_000_000);
  expect(await may(values, 'create', 'frankfurt')).toBe(true);
  expect(await may(values, 'create', 'berlin')).toBe(false);
  expect(await may(values, 'accept', 'frankfurt')).toBe(false);
  const second = parse((await invitations.invite('frankfurt')).values) as Values;
  expect(await may(second, 'create', 'frankfurt')).toBe(true);
  await eventually(async () => expect(await may(values, 'create', 'frankfurt')).toBeUndefined(), {
    withinMs: 20_000,
  });
}, 60_000);

describe('the policy does not let the api', () => {
  type Verb = Parameters<KubeApi['send']>[0];
  const roles = `/apis/${rbac}/clusterroles`;
  const bindings = `/apis/${rbac}/clusterrolebindings`;
  const accounts = '/api/v1/namespaces/io-system/serviceaccounts';
  const mine = invitationName('x');
  const object = (kind: string, name: string, more: object) => ({
    ...{ apiVersion: rbac, kind, metadata: { name } },
    ...more,
  });
  const rule = {
    apiGroups: ['compute.io.net'],
    resources: ['iomembers'],
    verbs: ['get', 'create'],
  };
  const bound = (to: string, subject: object) =>
    object('ClusterRoleBinding', mine, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: to },
      subjects: [subject],
    });
  const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'io-system' });

  beforeAll(async () => {
    await admin.apply({
      ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
      metadata: { name: 'io-hub', namespace: 'io-system' },
    });
    for (const member of ['x', 'y']) await invitations.invite(member);
  });

  test.each<[string, Verb, string, object | undefined]>([
    ['get a token of another account', 'POST', `${accounts}/io-hub/token`, { spec: {} }],
    ['make another account', 'POST', accounts, { metadata: { name: 'mine' } }],
    ['delete another account', 'DELETE', `${accounts}/io-hub`, undefined],
    ['make a role of its own', 'POST', roles, object('ClusterRole', 'mine', { rules: [] })],
    [
      'invite to all members at once',
      'POST',
      roles,
      object('ClusterRole', mine, { rules: [rule] }),
    ],
    ['bind to a person', 'POST', bindings, bound(mine, { kind: 'User', name: 'ann' })],
    ['bind to another account', 'POST', bindings, bound(mine, account('io-hub'))],
    ['bind to the account of another', 'POST', bindings, bound(mine, account('invite-y'))],
    ['bind another role', 'POST', bindings, bound(invitationName('y'), account('invite-x'))],
    [
      'make a member',
      'POST',
      `${compute}/iomembers`,
      {
        ...{ apiVersion: 'compute.io.net/v1alpha1', kind: 'IOMember', metadata: { name: 'm' } },
        spec: { location: { country: 'DE' } },
      },
    ],
  ])(
    '%s',
    async (_, verb, path, body) => {
      // A policy that was just created holds a moment later.
      await eventually(
        async () => {
          const answer = await asApi.send(verb, `${path}?dryRun=All`, body);
          expect([answer.status, answer.body['message']]).toEqual([
            403,
            expect.stringMatching(/ValidatingAdmissionPolicy 'api-invitations/),
          ]);
        },
        { withinMs: 20_000 },
      );
    },
    30_000,
  );

  test('but end an invitation that is its own to make', async () => {
    const { status } = await asApi.send(
      'DELETE',
      `${accounts}/${invitationAccount('y')}?dryRun=All`,
    );
    expect(status).toBeLessThan(300);
  });
});

test('without the rights for it, the server says that it cannot', async () => {
  const bare = new ApiClient({
    ...{ kubeConfig: cluster.kubeConfigFor('nobody-in-particular'), userAgent: 'test' },
  });
  const addresses = { hubUrl: 'https://hub.example', caBundle: undefined, apiUrl: 'https://api' };
  const asked = createMemberInvitations(bare, addresses, { now: Date.now }).invite('x');
  await expect(asked).rejects.toThrow(HubUnavailableError);
  await bare.close();
});
