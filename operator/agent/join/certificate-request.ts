import { type MemberIdentity, membersGroup, memberUser } from '../../domain/member/identity.ts';
import { memberLabel } from '../../domain/member/invitation.ts';
import {
  nameOfRequest,
  receivedAnnotation,
  requestUsages,
  type RequestName,
} from '../../domain/member/join.ts';
import type { MemberKeys } from '../../ports/member-keys.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import {
  base64Of,
  pemOf,
  signingCondition,
  signingRequestResource,
  type SigningRequestObject,
} from '../../runtime/signing-request.ts';
import { JoinError } from './join-error.ts';

const manager = 'compute.io.net/agent-join';

export type CertificateOrder = Readonly<{
  hub: ApiClient;
  named: RequestName;
  identity: MemberIdentity;
  keyPem: string;
  signerName: string;
  lifetimeSeconds: number;
}>;

export type Tools = Readonly<{ keys: MemberKeys; clock: Clock; pollMs: number }>;

/**
 * Asks for a certificate and waits for it, however long that takes; goes on with a request that was made
 * before. `waiting` is told at each look that brings none.
 * @throws JoinError when it is denied, or the name is taken by another key; ApiError of the hub.
 */
export async function orderCertificate(
  order: CertificateOrder,
  { keys, clock, pollMs }: Tools,
  waiting: (isApproved: boolean) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const name = nameOfRequest(order.named);
  const options = { signal };
  for (;;) {
    const found =
      (await order.hub.get(signingRequestResource, name, undefined, options)) ??
      (await makeRequest(order, keys, signal));
    if (found !== undefined) {
      const certificate = certificateOf(found, order, keys);
      if (certificate !== undefined) return certificate;
      await waiting(signingCondition(found, 'Approved') !== undefined);
    }
    signal.throwIfAborted();
    await sleep(clock, pollMs, signal);
    signal.throwIfAborted();
  }
}

/** Tells the hub that the certificate is stored, so that it may end the invitation and the request. */
export async function acknowledge(
  hub: ApiClient,
  named: RequestName,
  signal: AbortSignal,
): Promise<void> {
  const patch = { metadata: { annotations: { [receivedAnnotation]: 'true' } } };
  const name = nameOfRequest(named);
  await hub.mergePatch(signingRequestResource, name, undefined, patch, { manager, signal });
}

async function makeRequest(
  { hub, named, identity, keyPem, signerName, lifetimeSeconds }: CertificateOrder,
  keys: MemberKeys,
  signal: AbortSignal,
): Promise<SigningRequestObject | undefined> {
  const subject = { commonName: memberUser(identity), organizations: [membersGroup] };
  const manifest = {
    metadata: { name: nameOfRequest(named), labels: { [memberLabel]: named.member } },
    spec: {
      request: base64Of(keys.createRequest(keyPem, subject)),
      signerName,
      usages: requestUsages,
      expirationSeconds: lifetimeSeconds,
    },
  };
  try {
    return await hub.apply(signingRequestResource, manifest, { manager, signal });
  } catch (error) {
    // Another one was made in between: the next look finds it.
    if (error instanceof ApiError && (error.isConflict || error.status === 422)) return undefined;
    throw error;
  }
}

/** Undefined: it is not issued yet. */
function certificateOf(
  found: SigningRequestObject,
  { named, identity, keyPem }: CertificateOrder,
  keys: MemberKeys,
): string | undefined {
  const { name } = found.metadata;
  const own = keys.digestOfKey(keyPem);
  const asked = keys.readRequest(pemOf(found.spec?.request))?.keySha256;
  if (asked !== own) {
    throw new JoinError(
      'OtherKey',
      `${name} was made for another key, ${asked ?? 'which cannot be read'}; that of this agent is ` +
        `${own}. Was the invitation used elsewhere? kubectl io member revoke ${named.member} ` +
        'puts that key out, and kubectl io member invite lets this agent join',
    );
  }
  for (const type of ['Denied', 'Failed'] as const) {
    const { reason = type, message = '' } = signingCondition(found, type) ?? {};
    if (signingCondition(found, type) !== undefined) {
      throw new JoinError('Refused', `the hub gives no certificate: ${reason}: ${message}`);
    }
  }
  const pem = pemOf(found.status?.certificate);
  if (pem === '') return undefined;
  const certificate = keys.readCertificate(pem);
  if (certificate?.keySha256 !== own || certificate.commonName !== memberUser(identity)) {
    throw new JoinError('Refused', `the certificate of ${name} is for another key or name`);
  }
  return pem;
}
