import { readFileSync } from 'node:fs';
import { ioMemberResource } from '../../../crds/schema/index.ts';
import { makeInvitation } from '../../adapters/kubernetes/invitations.ts';
import { enrolmentToInvite, invitationSeconds } from '../../domain/member/invitation.ts';
import { helmValues } from '../../domain/member/join-values.ts';
import { manager, type Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export type InviteOptions = Readonly<{
  /** Seconds. */
  ttl?: number;
  enrolment?: number;
  hubUrl?: string;
  hubCa?: string;
  apiUrl?: string;
}>;

/** Lets one agent ask for the certificate of a member; prints the values of its chart. */
export async function invite(
  session: Session,
  name: string,
  options: InviteOptions,
): Promise<void> {
  const { client, clock, server, print, tell } = session;
  const ttlSeconds = ttlOf(options);
  const { hubUrl = server.url, apiUrl, enrolment: asked } = options;
  const caBundle = caOf(options.hubCa) ?? server.caBundle;
  const member = await client.get(ioMemberResource, name);
  if (member?.metadata.deletionTimestamp !== undefined) {
    throw new Error(`${name} is being removed: invite it when it is gone`);
  }
  const enrolment = asked ?? enrolmentToInvite(member);
  if (enrolment < (member?.spec.enrolment ?? 1)) {
    const least = member?.spec.enrolment ?? 1;
    throw new UsageError(`--enrolment ${enrolment}: was put out; the least is ${least}`);
  }
  const identity = { member: name, enrolment };
  const { token, expirationTimestamp } = await makeInvitation(client, identity, {
    ...{ nowMs: clock.now(), seconds: ttlSeconds, manager },
  });
  print(helmValues({ hubUrl, caBundle, apiUrl, ...identity, token }));
  tell(`The invitation of ${name} (enrolment ${enrolment}) lets one agent ask to join until
${expirationTimestamp}. Give these values to the data centre on a way that nobody else reads; it adds
where it is and what it offers, and runs: helm install io-member … --values FILE
Then compare the key that its agent logs with the one that was asked for, and let it in:
  kubectl io member accept ${name}`);
  if (apiUrl === undefined) {
    tell(
      'Without --api-url the agent records no usage, and earns nothing: hub.apiUrl is left out.',
    );
  }
}

function ttlOf({ ttl = invitationSeconds.usual }: InviteOptions): number {
  if (ttl < invitationSeconds.least || ttl > invitationSeconds.most) {
    throw new UsageError(`--ttl ${ttl}s: must be between 10m and 48h`);
  }
  return ttl;
}

function caOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const text = readFileSync(path, 'utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`--hub-ca ${path}: must be a file with certificates in PEM`);
  }
  return text;
}
