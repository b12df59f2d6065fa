import {
  createHash,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { BitString } from 'asn1js';
import { CertificationRequest } from 'pkijs';
import type { CertificateContent, RequestContent } from '../../domain/member/join.ts';
import type { MemberKeys } from '../../ports/member-keys.ts';
import { createPrivateKeyPem } from './certificate.ts';
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

/** PKCS #10 requests and X.509 certificates. */
export const memberKeys: MemberKeys = {
  createKey: createPrivateKeyPem,
  createRequest,
  digestOfKey: (keyPem) => digestOf(createPublicKey(keyPem)),
  readRequest,
  readCertificate,
};

function createRequest(keyPem: string, subject: Subject): string {
  const request = new CertificationRequest({
    version: 0,
    signatureAlgorithm: ecdsaAlgorithm(),
    attributes: [],
  });
  request.subject = distinguishedName(subject);
  const publicKey = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  request.subjectPublicKeyInfo.fromSchema(decodeDer(publicKey));
  request.tbsView = new Uint8Array(encodeRequestInfo(request));
  request.signatureValue = new BitString({
    valueHex: toArrayBuffer(sign('sha256', request.tbsView, keyPem)),
  });
  return toPem('CERTIFICATE REQUEST', new Uint8Array(request.toSchema(true).toBER()));
}

/** What is signed: the library encodes it only as a part of the whole. */
function encodeRequestInfo(request: CertificationRequest): ArrayBuffer {
  const [info] = request.toSchema(true).valueBlock.value;
  if (info === undefined) throw new Error('a request has no content');
  return info.toBER();
}

function readRequest(pem: string): RequestContent | undefined {
  const der = fromPem('CERTIFICATE REQUEST', pem);
  if (der === undefined) return undefined;
  try {
    const request = CertificationRequest.fromBER(toArrayBuffer(der));
    const spki = Buffer.from(request.subjectPublicKeyInfo.toSchema().toBER());
    const key = createPublicKey({ key: spki, type: 'spki', format: 'der' });
    const signature = request.signatureValue.valueBlock.valueHexView;
    return {
      subject: request.subject.typesAndValues.map(({ type, value }) => ({
        type: subjectTypes.get(type) ?? 'Other',
        value: value.valueBlock.value,
      })),
      hasAttributes: (request.attributes ?? []).length > 0,
      key: kindOf(key),
      keySha256: digestOf(key),
      isSigned: isSignedBy(key, request.tbsView, signature),
    };
  } catch {
    // What cannot be read is refused as such; why does not matter to anybody.
    return undefined;
  }
}

const subjectTypes = new Map<string, 'CN' | 'O'>([
  [oid.commonName, 'CN'],
  [oid.organization, 'O'],
]);

function isSignedBy(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  return key.asymmetricKeyType === 'ec' && verify('sha256', signed, key, signature);
}

function kindOf(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (namedCurve === 'prime256v1') return 'P-256';
  if (namedCurve === 'secp384r1') return 'P-384';
  return `${key.asymmetricKeyType ?? 'unknown'} ${namedCurve ?? modulusLength ?? ''}`.trim();
}

function readCertificate(pem: string): CertificateContent | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return {
      commonName: commonNameOf(certificate.subject),
      keySha256: digestOf(certificate.publicKey),
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
      sha256: createHash('sha256').update(certificate.raw).digest('hex'),
    };
  } catch {
    return undefined;
  }
}

const commonNameOf = (subject: string): string =>
  subject
    .split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice('CN='.length) ?? '';

/** As agents log it and administrators compare it. */
function digestOf(key: KeyObject): string {
  const spki = key.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}
