import type { KubeObject } from './kube-object.ts';
import type { Resource } from './resource.ts';

/** What happened to a request. There is no other status than True for these. */
export type SigningCondition = Readonly<{
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string;
}>;

/** certificates.k8s.io/v1 CertificateSigningRequest. `request` and `certificate` are base64 of PEM. */
export type SigningRequestObject = KubeObject & {
  spec?: Readonly<{
    request?: string;
    signerName?: string;
    usages?: readonly string[];
    expirationSeconds?: number;
    username?: string;
  }>;
  status?: Readonly<{ certificate?: string; conditions?: readonly SigningCondition[] }>;
};

export const signingRequestResource: Resource<SigningRequestObject> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

/** The condition of that type (Approved, Denied or Failed); undefined: it is not there. */
export const signingCondition = (
  { status }: SigningRequestObject,
  type: 'Approved' | 'Denied' | 'Failed',
): SigningCondition | undefined => status?.conditions?.find((each) => each.type === type);

/** The PEM inside a base64 field; empty when the field is. */
export const pemOf = (base64: string | undefined): string =>
  Buffer.from(base64 ?? '', 'base64').toString('utf8');

export const base64Of = (pem: string): string => Buffer.from(pem).toString('base64');
