import type { CredentialStore, StoredCredentials } from '../../ports/credential-store.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Resource } from '../../runtime/resource.ts';

type Secret = KubeObject & Readonly<{ data?: Readonly<Record<string, string>> }>;

const secretResource: Resource<Secret> = {
  ...{ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
};

/**
 * Credentials in one Secret of the member's cluster: `tls.key` and `tls.crt` as in every TLS Secret, and
 * `next.key` while a certificate is asked for. Needs `get`, `create` and `patch` of that name alone:
 * server-side apply makes an object by its name.
 */
export function secretCredentials(
  client: Pick<ApiClient, 'get' | 'apply'>,
  { namespace, name }: Readonly<{ namespace: string; name: string }>,
): CredentialStore {
  return {
    read: async (signal) => {
      const secret = await client.get(secretResource, name, namespace, { signal });
      const text = (field: string): string =>
        Buffer.from(secret?.data?.[field] ?? '', 'base64').toString('utf8');
      const [keyPem, certificatePem, nextKey] = ['tls.key', 'tls.crt', 'next.key'].map(text) as [
        string,
        string,
        string,
      ];
      const isWhole = keyPem !== '' && certificatePem !== '';
      return {
        current: isWhole ? { keyPem, certificatePem } : undefined,
        next:
          nextKey === ''
            ? undefined
            : { keyPem: nextKey, enrolment: Number(text('next.enrolment')) },
      };
    },
    write: async (credentials, signal) => {
      const labels = { 'app.kubernetes.io/managed-by': 'io-operator' };
      const manifest = {
        metadata: { name, namespace, labels },
        type: 'Opaque',
        data: dataOf(credentials),
      };
      await client.apply(secretResource, manifest, {
        manager: 'compute.io.net/agent-join',
        signal,
      });
    },
  };
}

function dataOf({ current, next }: StoredCredentials): Record<string, string> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    ...(current === undefined
      ? {}
      : { 'tls.key': base64(current.keyPem), 'tls.crt': base64(current.certificatePem) }),
    ...(next === undefined
      ? {}
      : { 'next.key': base64(next.keyPem), 'next.enrolment': base64(String(next.enrolment)) }),
  };
}
