import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createPrivateKeyPem, signCertificate } from './certificate.ts';
import { fromPem, toPem } from './der.ts';
import { memberSigner } from './member-signer.ts';
import { memberKeys } from './request.ts';

const subject = {
  commonName: 'compute.io.net:member:a:1',
  organizations: ['compute.io.net:members'],
};
const nowMs = Date.parse('2026-11-25T10:00:00Z');
const authorityOf = (keyPem: string, days = 10) => ({
  keyPem,
  certificatePem: signCertificate(
    {
      subject: { commonName: 'members' },
      publicKey: createPublicKey(keyPem).export({ type: 'spki', format: 'der' }),
      notBeforeMs: nowMs - 1_000,
      notAfterMs: nowMs + days * 86_400_000,
    },
    { ownKeyPem: keyPem },
  ),
});

describe('a request', () => {
  const keyPem = memberKeys.createKey();
  const pem = memberKeys.createRequest(keyPem, subject);

  test('is read as it was made', () => {
    expect(memberKeys.readRequest(pem)).toEqual({
      subject: [
        { type: 'O', value: 'compute.io.net:members' },
        { type: 'CN', value: 'compute.io.net:member:a:1' },
      ],
      hasAttributes: false,
      key: 'P-256',
      keySha256: memberKeys.digestOfKey(keyPem),
      isSigned: true,
    });
  });

  test('that was changed is not signed by its key', () => {
    const der = fromPem('CERTIFICATE REQUEST', pem) ?? Buffer.alloc(0);
    const at = der.indexOf('member:a:1') + 'member:'.length;
    der[at] = 'b'.charCodeAt(0);
    expect(memberKeys.readRequest(toPem('CERTIFICATE REQUEST', der))).toMatchObject({
      subject: [{}, { value: 'compute.io.net:member:b:1' }],
      isSigned: false,
    });
  });

  test.each([
    '',
    'x',
    '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
  ])('%j is none', (text) => {
    expect(memberKeys.readRequest(text)).toBeUndefined();
  });

  test('shows the names of hosts and the key of RSA that openssl put there', () => {
    expect(memberKeys.readRequest(requestOfOpenssl)).toMatchObject({
      hasAttributes: true,
      key: 'rsa 2048',
      isSigned: false,
    });
  });
});

describe('the hub’s own signer', () => {
  const wanted = (keyPem: string) => ({
    requestPem: memberKeys.createRequest(keyPem, {
      commonName: 'system:masters',
      organizations: [],
    }),
    identity: { member: 'a', enrolment: 3 },
    lifetimeSeconds: 3_600,
    nowMs,
  });

  test.each([
    ['EC', createPrivateKeyPem()],
    [
      'RSA',
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    ],
  ])('signs with an authority of %s for the identity, whatever the request says', async (_, ca) => {
    const authority = authorityOf(ca);
    const keyPem = memberKeys.createKey();
    const pem = await memberSigner(async () => authority).sign(wanted(keyPem));
    const certificate = new X509Certificate(pem);
    expect(certificate.verify(createPublicKey(ca))).toBe(true);
    expect(certificate.subject).toBe('O=compute.io.net:members\nCN=compute.io.net:member:a:3');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(memberKeys.readCertificate(pem)).toMatchObject({
      commonName: 'compute.io.net:member:a:3',
      keySha256: memberKeys.digestOfKey(keyPem),
      notAfterMs: nowMs + 3_600_000,
    });
  });

  test('signs for no longer than its authority lives', async () => {
    const authority = authorityOf(createPrivateKeyPem(), 1);
    const asked = { ...wanted(memberKeys.createKey()), lifetimeSeconds: 2 * 86_400 };
    const pem = await memberSigner(async () => authority).sign(asked);
    expect(memberKeys.readCertificate(pem)?.notAfterMs).toBe(nowMs + 86_400_000);
  });
});

/** openssl req -new -newkey rsa:2048 -subj /O=x/CN=y -addext subjectAltName=DNS:example.org */
const requestOfOpenssl = `-----BEGIN CERTIFICATE REQUEST-----
MIIChjCCAW4CAQAwGDEKMAgGA1UECgwBeDEKMAgGA1UEAwwBeTCCASIwDQYJKoZI
hvcNAQEBBQADggEPADCCAQoCggEBAJbmDnxlDhXiw6NjPPg45ZUIL/t5TpKqFIO2
aI2+drxtXKqHlSS5NBaIaphjIkXAfa5/zrpLdmIgxedw5zd/G3iug+vg2gbQN+i2
M0xetlZQSpoI96SH8QpVm5yAtfEl8eNvUiBWIAcxkRsARsM/DIPRiTPexbtMgBPM
p59BSzwBT1Jv8VqjmhFSdj58pWWzsYEuIXzqH7yXL4Dz4xjlBvxp0MTm88mckeZ1
o5X8NJGySlPCW6Cozk11q234SGye7UWmlsp4BgT/TAARqKc1CREbe382XIRV9W/Z
i4y9+FRqdgglcLAbI0LPVeKogGvR+2giqIEEgDNIBHGqt73L4VkCAwEAAaApMCcG
CSqGSIb3DQEJDjEaMBgwFgYDVR0RBA8wDYILZXhhbXBsZS5vcmcwDQYJKoZIhvcN
AQELBQADggEBAB+eNmt0Ey+psBUXnwijjsP/BjECwhF02W91SL0BX3Nr7sxoBrfD
JbA5PatvlbScEFHo/cqR5p1k0kRjsf3CpIUV3dCl+audzFu9o5Ez8+d+eGf7L4K5
OS1uKkSE6Why8dCNoRdxlAjnF3XACQ+dMyZLARXgGdisxhT7IVAkFTierCQblSJv
DHYE5tfhycuAwvp8zQvfkflO5lUDWJHBbZZdCLu5FCg8Rr2oJD/yHSF2DA9+Oun7
d5aLJ1dKSLrXmC3r09ydeXbKUo7i4Pz1sc1HS4C9DTRkxUAHeHJ51/oG9jeDGLHB
+DwJSbGQDUEinmOgu5susUyqgsNaMSuHgmY=
-----END CERTIFICATE REQUEST-----
`;
