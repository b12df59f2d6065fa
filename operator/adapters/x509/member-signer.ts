import { createPublicKey } from 'node:crypto';
import { CertificationRequest } from 'pkijs';
import { membersGroup, memberUser } from '../../domain/member/identity.ts';
import type { MemberSigner } from '../../ports/member-keys.ts';
import { type KeyPair, notAfterMsOf, signCertificate } from './certificate.ts';
import { fromPem, toArrayBuffer } from './der.ts';

/** Clocks of members may be a little behind. */
const backdatedMs = 300_000;

/**
 * Signs agents' certificates with an authority of the hub's own; the API server has to believe it as
 * one of clients. The subject is made anew, so that nothing of a request gets in but its key.
 */
export function memberSigner(authority: () => Promise<KeyPair>): MemberSigner {
  return {
    async sign({ requestPem, identity, lifetimeSeconds, nowMs }) {
      const der = fromPem('CERTIFICATE REQUEST', requestPem);
      if (der === undefined) throw new Error('the request for a certificate is no PEM');
      const request = CertificationRequest.fromBER(toArrayBuffer(der));
      const spki = Buffer.from(request.subjectPublicKeyInfo.toSchema().toBER());
      const pair = await authority();
      const endMs = Math.min(nowMs + lifetimeSeconds * 1000, notAfterMsOf(pair.certificatePem));
      if (endMs <= nowMs) throw new Error('the certificate of the members’ CA has run out');
      return signCertificate(
        {
          subject: { commonName: memberUser(identity), organizations: [membersGroup] },
          publicKey: createPublicKey({ key: spki, type: 'spki', format: 'der' }).export({
            type: 'spki',
            format: 'der',
          }),
          notBeforeMs: nowMs - backdatedMs,
          notAfterMs: endMs,
        },
        { authority: pair },
      );
    },
  };
}
