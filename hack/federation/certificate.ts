import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  Set as AsnSet,
  BitString,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  Utf8String,
} from 'asn1js';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs';

/** A private key (PKCS #8) and its certificate, both PEM. */
export type KeyPair = { readonly keyPem: string; readonly certificatePem: string };

export type CertificateRequest = {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Host names and IPv4 addresses; with them the certificate is good for a server. */
  readonly hosts?: readonly string[];
  readonly validDays: number;
};

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
};
const KEY_USAGE_CA = { bits: 0b1000_0110, unused: 1 }; // digitalSignature, keyCertSign, cRLSign
const KEY_USAGE_LEAF = { bits: 0b1000_0000, unused: 7 }; // digitalSignature
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

/** A new EC P-256 private key, PKCS #8 PEM. */
export function createPrivateKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function build(request: CertificateRequest, authority: KeyPair | undefined): KeyPair {
  const keyPem = createPrivateKeyPem();
  const publicKey = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const issuer = authority === undefined ? undefined : parseCertificate(authority.certificatePem);
  const now = Date.now();
  const certificate = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: toArrayBuffer(serialNumber()) }),
    notBefore: new Time({ type: TimeType.UTCTime, value: new Date(now - CLOCK_SKEW_MS) }),
    notAfter: new Time({
      type: TimeType.UTCTime,
      value: new Date(now + request.validDays * DAY_MS),
    }),
    signature: new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 }),
    signatureAlgorithm: new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 }),
  });
  certificate.subject = distinguishedName(request);
  certificate.issuer = issuer?.subject ?? certificate.subject;
  certificate.subjectPublicKeyInfo.fromSchema(decode(publicKey));
  const subjectKey = keyIdentifier(certificate);
  const authorityKey = issuer === undefined ? subjectKey : keyIdentifier(issuer);
  certificate.extensions = extensions(request, authority === undefined, subjectKey, authorityKey);
  const toBeSigned = certificate.encodeTBS();
  certificate.tbsView = new Uint8Array(toBeSigned.toBER());
  const signature = sign(
    'sha256',
    certificate.tbsView,
    createPrivateKey(authority?.keyPem ?? keyPem),
  );
  certificate.signatureValue = new BitString({ valueHex: toArrayBuffer(signature) });
  return { keyPem, certificatePem: pem(Buffer.from(certificate.toSchema(true).toBER())) };
}

/** One set per attribute: as constructed by the library they would all lie in one. */
function distinguishedName(request: CertificateRequest): RelativeDistinguishedNames {
  const part = (type: string, value: string): AsnSet =>
    new AsnSet({
      value: [
        new Sequence({ value: [new ObjectIdentifier({ value: type }), new Utf8String({ value })] }),
      ],
    });
  const value = [
    ...(request.organizations ?? []).map((name) => part(OID.organization, name)),
    part(OID.commonName, request.commonName),
  ];
  return new RelativeDistinguishedNames({
    schema: decode(new Uint8Array(new Sequence({ value }).toBER())),
  });
}

function extensions(
  request: CertificateRequest,
  isAuthority: boolean,
  subjectKey: ArrayBuffer,
  authorityKey: ArrayBuffer,
): Extension[] {
  const usage = isAuthority ? KEY_USAGE_CA : KEY_USAGE_LEAF;
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
    extension(OID.basicConstraints, true, constraints.toSchema().toBER()),
    extension(OID.keyUsage, true, keyUsage.toBER()),
    extension(OID.subjectKeyIdentifier, false, subject.toBER()),
    extension(OID.authorityKeyIdentifier, false, issuer.toSchema().toBER()),
  ];
  if (isAuthority) return list;
  const hosts = request.hosts ?? [];
  const purposes = hosts.length === 0 ? [OID.clientAuth] : [OID.serverAuth, OID.clientAuth];
  const extended = new ExtKeyUsage({ keyPurposes: purposes });
  list.push(extension(OID.extendedKeyUsage, false, extended.toSchema().toBER()));
  if (hosts.length > 0) {
    const names = new GeneralNames({ names: hosts.map(hostName) });
    list.push(extension(OID.subjectAltName, false, names.toSchema().toBER()));
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

function parseCertificate(certificatePem: string): Certificate {
  const base64 = certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  return Certificate.fromBER(toArrayBuffer(Buffer.from(base64, 'base64')));
}

function decode(der: Uint8Array): ReturnType<typeof fromBER>['result'] {
  return fromBER(toArrayBuffer(der)).result;
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
