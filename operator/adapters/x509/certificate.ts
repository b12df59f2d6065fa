import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import { BitString, Integer, Null, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  Time,
  TimeType,
} from 'pkijs';
import {
  decodeDer,
  distinguishedName,
  ecdsaAlgorithm,
  fromPem,
  oid,
  type Subject,
  toArrayBuffer,
  toPem,
} from './der.ts';

/** A private key (PKCS #8) and its certificate, both PEM. */
export type KeyPair = { readonly keyPem: string; readonly certificatePem: string };

export type CertificateTemplate = Readonly<{
  subject: Subject;
  /** The key that is certified: SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array;
  /** Host names and IPv4 addresses; with them the certificate is good for a server. */
  hosts?: readonly string[];
  /** Milliseconds since the epoch; whole seconds of them count. */
  notBeforeMs: number;
  notAfterMs: number;
}>;

const caKeyUsage = { bits: 0b1000_0110, unused: 1 }; // digitalSignature, keyCertSign, cRLSign
const leafKeyUsage = { bits: 0b1000_0000, unused: 7 }; // digitalSignature

/** A new EC P-256 private key, PKCS #8 PEM. */
export function createPrivateKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * A certificate for a client (and a server, when it names hosts), signed by `authority`; or that of an
 * authority which signs itself with `ownKeyPem`. PEM. Throws when the authority's PEM is none.
 */
export function signCertificate(
  template: CertificateTemplate,
  signer: Readonly<{ authority: KeyPair }> | Readonly<{ ownKeyPem: string }>,
): string {
  const authority = 'authority' in signer ? signer.authority : undefined;
  const signingKey = createPrivateKey(
    'authority' in signer ? signer.authority.keyPem : signer.ownKeyPem,
  );
  const issuer = authority === undefined ? undefined : parse(authority.certificatePem);
  const algorithm = () =>
    signingKey.asymmetricKeyType === 'rsa'
      ? new AlgorithmIdentifier({ algorithmId: oid.rsaWithSha256, algorithmParams: new Null() })
      : ecdsaAlgorithm();
  const time = (ms: number) => new Time({ type: TimeType.UTCTime, value: new Date(ms) });
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: toArrayBuffer(serialNumber()) }),
    notBefore: time(template.notBeforeMs),
    notAfter: time(template.notAfterMs),
    signature: algorithm(),
    signatureAlgorithm: algorithm(),
  });
  certificate.subject = distinguishedName(template.subject);
  certificate.issuer = issuer?.subject ?? certificate.subject;
  certificate.subjectPublicKeyInfo.fromSchema(decodeDer(template.publicKey));
  const subjectKey = keyIdentifier(certificate);
  const authorityKey = issuer === undefined ? subjectKey : keyIdentifier(issuer);
  certificate.extensions = extensionsOf(template, issuer === undefined, subjectKey, authorityKey);
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER());
  const signature = sign('sha256', certificate.tbsView, signingKey);
  certificate.signatureValue = new BitString({ valueHex: toArrayBuffer(signature) });
  return toPem('CERTIFICATE', new Uint8Array(certificate.toSchema(true).toBER()));
}

/** Until when a certificate is good, in milliseconds since the epoch. Throws when it is none. */
export const notAfterMsOf = (certificatePem: string): number =>
  new X509Certificate(certificatePem).validToDate.getTime();

function extensionsOf(
  { hosts = [] }: CertificateTemplate,
  isAuthority: boolean,
  subjectKey: ArrayBuffer,
  authorityKey: ArrayBuffer,
): Extension[] {
  const usage = isAuthority ? caKeyUsage : leafKeyUsage;
  const keyUsage = new BitString({
    valueHex: toArrayBuffer(Uint8Array.of(usage.bits)),
    unusedBits: usage.unused,
  });
  const constraints = new BasicConstraints(isAuthority ? { cA: true } : {});
  const subject = new OctetString({ valueHex: subjectKey });
  const issuer = new AuthorityKeyIdentifier({
    keyIdentifier: new OctetString({ valueHex: authorityKey }),
  });
  const list = [
    extension(oid.basicConstraints, true, constraints.toSchema().toBER()),
    extension(oid.keyUsage, true, keyUsage.toBER()),
    extension(oid.subjectKeyIdentifier, false, subject.toBER()),
    extension(oid.authorityKeyIdentifier, false, issuer.toSchema().toBER()),
  ];
  if (isAuthority) return list;
  const purposes = hosts.length === 0 ? [oid.clientAuth] : [oid.serverAuth, oid.clientAuth];
  const extended = new ExtKeyUsage({ keyPurposes: purposes });
  list.push(extension(oid.extendedKeyUsage, false, extended.toSchema().toBER()));
  if (hosts.length > 0) {
    const names = new GeneralNames({ names: hosts.map(hostName) });
    list.push(extension(oid.subjectAltName, false, names.toSchema().toBER()));
  }
  return list;
}

function extension(extnID: string, critical: boolean, extnValue: ArrayBuffer): Extension {
  return new Extension({ extnID, critical, extnValue });
}

function hostName(host: string): GeneralName {
  if (!isIPv4(host)) return new GeneralName({ type: 2, value: host });
  const octets = Uint8Array.from(host.split('.').map(Number));
  return new GeneralName({ type: 7, value: new OctetString({ valueHex: toArrayBuffer(octets) }) });
}

/** RFC 5280, 4.2.1.2, method 1: SHA-1 of the public key's bits; it is a name, not a protection. */
function keyIdentifier(certificate: Certificate): ArrayBuffer {
  const bits = certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView;
  return toArrayBuffer(createHash('sha1').update(bits).digest());
}

/** 127 random bits: positive and never zero in DER. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function parse(certificatePem: string): Certificate {
  const der = fromPem('CERTIFICATE', certificatePem);
  if (der === undefined) throw new Error('the certificate of the authority is no PEM');
  return Certificate.fromBER(toArrayBuffer(der));
}
