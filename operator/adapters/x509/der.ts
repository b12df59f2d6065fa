import { Set as AsnSet, fromBER, ObjectIdentifier, Sequence, Utf8String } from 'asn1js';
import { AlgorithmIdentifier, RelativeDistinguishedNames } from 'pkijs';

/** Object identifiers of X.509 and PKCS #10 that are used here. */
export const oid = {
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
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

/** Whom a certificate is for: CN is the user, O are the groups, as Kubernetes reads them. */
export type Subject = Readonly<{ commonName: string; organizations?: readonly string[] }>;

/** One set per attribute: as constructed by the library they would all lie in one. */
export function distinguishedName(subject: Subject): RelativeDistinguishedNames {
  const part = (type: string, value: string): AsnSet =>
    new AsnSet({
      value: [
        new Sequence({ value: [new ObjectIdentifier({ value: type }), new Utf8String({ value })] }),
      ],
    });
  const value = [
    ...(subject.organizations ?? []).map((name) => part(oid.organization, name)),
    part(oid.commonName, subject.commonName),
  ];
  return new RelativeDistinguishedNames({
    schema: decodeDer(new Uint8Array(new Sequence({ value }).toBER())),
  });
}

/** Throws when the bytes are no DER. */
export function decodeDer(der: Uint8Array): ReturnType<typeof fromBER>['result'] {
  const { offset, result } = fromBER(toArrayBuffer(der));
  if (offset === -1) throw new Error('this is no DER');
  return result;
}

export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

export const ecdsaAlgorithm = (): AlgorithmIdentifier =>
  new AlgorithmIdentifier({ algorithmId: oid.ecdsaWithSha256 });

/** PEM with lines of 64 characters. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The first block of that label; undefined when there is none. */
export function fromPem(label: string, pem: string): Buffer | undefined {
  const found = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`);
  const [, base64] = found.exec(pem) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}
