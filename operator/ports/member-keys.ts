import type { MemberIdentity } from '../domain/member/identity.ts';
import type { CertificateContent, RequestContent } from '../domain/member/join.ts';

/** Keys of agents, requests for certificates and certificates, all PEM. */
export type MemberKeys = Readonly<{
  /** A new EC P-256 key, PKCS #8. */
  createKey: () => string;
  /** A PKCS #10 request for that key, which asks for no extension. */
  createRequest: (
    keyPem: string,
    subject: Readonly<{ commonName: string; organizations: readonly string[] }>,
  ) => string;
  /** `sha256:` and the digest of the public key (SubjectPublicKeyInfo, DER) in hexadecimal digits. */
  digestOfKey: (keyPem: string) => string;
  /** Undefined: it is no request. */
  readRequest: (pem: string) => RequestContent | undefined;
  /** Undefined: it is no certificate. */
  readCertificate: (pem: string) => CertificateContent | undefined;
}>;

/** Signs certificates where the hub's API server has nobody who does. */
export type MemberSigner = Readonly<{
  /** A certificate for the request's key, PEM. Throws when the authority cannot be read. */
  sign: (
    wanted: Readonly<{
      requestPem: string;
      identity: MemberIdentity;
      lifetimeSeconds: number;
      nowMs: number;
    }>,
  ) => Promise<string>;
}>;
