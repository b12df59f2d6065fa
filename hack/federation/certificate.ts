import { createPublicKey } from 'node:crypto';
import {
  createPrivateKeyPem,
  type KeyPair,
  signCertificate,
} from '../../operator/adapters/x509/certificate.ts';

export { createPrivateKeyPem, type KeyPair } from '../../operator/adapters/x509/certificate.ts';

export type CertificateRequest = {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Host names and IPv4 addresses; with them the certificate is good for a server. */
  readonly hosts?: readonly string[];
  readonly validDays: number;
};

const CLOCK_SKEW_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A new self-signed certificate authority with an EC P-256 key. */
export function createAuthority(commonName: string, validDays: number): KeyPair {
  return build({ commonName, validDays }, undefined);
}

/**
 * A new EC P-256 key and a certificate for it, signed by `authority`. It is good for clients, and
 * for servers too when the request names hosts.
 */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): KeyPair {
  return build(request, authority);
}

function build(request: CertificateRequest, authority: KeyPair | undefined): KeyPair {
  const { commonName, organizations = [], hosts = [], validDays } = request;
  const keyPem = createPrivateKeyPem();
  const now = Date.now();
  const template = {
    subject: { commonName, organizations },
    publicKey: createPublicKey(keyPem).export({ type: 'spki', format: 'der' }),
    hosts,
    notBeforeMs: now - CLOCK_SKEW_MS,
    notAfterMs: now + validDays * DAY_MS,
  };
  const signer = authority === undefined ? { ownKeyPem: keyPem } : { authority };
  return { keyPem, certificatePem: signCertificate(template, signer) };
}
