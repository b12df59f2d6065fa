import { type MemberIdentity, memberOfUser, membersGroup, memberUser } from './identity.ts';
import {
  invitationAccount,
  invitationNamespace,
  joinRequestName,
  renewalRequestName,
} from './invitation.ts';

/** How an agent gets its certificate: it asks with a CertificateSigningRequest, the hub judges it. */

/** Signs client certificates of the hub's API server, in most clusters. */
export const kubernetesSigner = 'kubernetes.io/kube-apiserver-client';

/** The hub's own signer, for clusters in which nobody signs. */
export const ownSigner = 'compute.io.net/member-agent';

/** Usages that a request has to name, in ascending order. */
export const requestUsages: readonly string[] = ['client auth', 'digital signature'];

/** The API server takes no shorter life than this. */
export const leastCertificateSeconds = 600;

/** Annotation that an agent sets on its request once it has stored the certificate. */
export const receivedAnnotation = 'compute.io.net/received';

/** What stands in a PKCS #10 request. */
export type RequestContent = Readonly<{
  subject: readonly Readonly<{ type: 'CN' | 'O' | 'Other'; value: string }>[];
  /** Whether it asks for anything beyond its key and its subject, such as names of hosts. */
  hasAttributes: boolean;
  /** Kind of the key, such as `P-256`. */
  key: string;
  /** `sha256:` and hexadecimal digits. */
  keySha256: string;
  /** Whether whoever made the request has the key. */
  isSigned: boolean;
}>;

/** What is of interest of a certificate. Times in milliseconds since the epoch. */
export type CertificateContent = Readonly<{
  commonName: string;
  keySha256: string;
  notBeforeMs: number;
  notAfterMs: number;
  /** Digest of the certificate in hexadecimal digits. */
  sha256: string;
}>;

/** A CertificateSigningRequest as the hub's API server has it. */
export type SigningRequest = Readonly<{
  name: string;
  signerName: string;
  /** Who asks, as the API server authenticated them. */
  username: string;
  usages: readonly string[];
  /** Asked life of the certificate; undefined: as long as the signer likes. */
  expirationSeconds: number | undefined;
  /** Undefined: it cannot be read. */
  content: RequestContent | undefined;
}>;

/** What the hub's administrator decided of a member, and the certificate that was issued last. */
export type MemberStanding = Readonly<{
  accepted: boolean;
  denied: boolean;
  /** The only enrolment that is let in. */
  enrolment: number;
  removing: boolean;
  credential: Readonly<{ enrolment: number; keySha256: string }> | undefined;
}>;

export type JoinRules = Readonly<{
  /** Signers that this hub works with. */
  signers: readonly string[];
  /** The longest life of a certificate. */
  maximumSeconds: number;
}>;

export type DenialReason =
  | 'WrongName'
  | 'WrongSigner'
  | 'WrongUsages'
  | 'WrongLifetime'
  | 'UnreadableRequest'
  | 'WrongSubject'
  | 'AttributesForbidden'
  | 'WeakKey'
  | 'NotSignedByKey'
  | 'WrongRequestor'
  | 'EnrolmentEnded'
  | 'InvitationUsed';

/** `Deny` is for what can never be right; `Wait` for what an administrator can still let in. */
export type Verdict =
  | Readonly<{ kind: 'Approve'; identity: MemberIdentity; message: string }>
  | Readonly<{ kind: 'Deny'; reason: DenialReason; message: string }>
  | Readonly<{ kind: 'Wait'; message: string }>;

/** Who a request is of by its name: a first certificate of an enrolment, or a renewal. */
export type RequestName = Readonly<{ member: string; enrolment: number | 'renewal' }>;

/** Undefined: the name is none that an agent's request has. */
export function requestOfName(name: string): RequestName | undefined {
  const found = /^io-member-([a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?)-(renewal|[1-9][0-9]{0,6})$/;
  const [, member, enrolment] = found.exec(name) ?? [];
  if (member === undefined) return undefined;
  return { member, enrolment: enrolment === 'renewal' ? enrolment : Number(enrolment) };
}

/** The name under which a request is made. */
export const nameOfRequest = (request: RequestName): string =>
  request.enrolment === 'renewal'
    ? renewalRequestName(request.member)
    : joinRequestName({ member: request.member, enrolment: request.enrolment });

/**
 * Whether a request gets its certificate. Every rule is looked at before the administrator's decision, so
 * that nobody has to decide on what could not be issued.
 */
export function judgeRequest(
  request: SigningRequest,
  member: MemberStanding | undefined,
  rules: JoinRules,
): Verdict {
  const named = requestOfName(request.name);
  if (named === undefined) {
    return deny('WrongName', 'the name is not io-member-<member>-<enrolment> or …-renewal');
  }
  const malformed = formFault(request, rules) ?? contentFault(request.content);
  if (malformed !== undefined) return malformed;
  const identity = identityOf(request.content, named);
  if (identity === undefined) {
    return deny(
      'WrongSubject',
      `the subject has to be O=${membersGroup} and CN=${memberUser({
        member: named.member,
        enrolment: named.enrolment === 'renewal' ? (member?.enrolment ?? 1) : named.enrolment,
      })}, and nothing else`,
    );
  }
  const requestor =
    named.enrolment === 'renewal' ? memberUser(identity) : invitationUser(named.member);
  if (request.username !== requestor) {
    return deny('WrongRequestor', `only ${requestor} may ask for this, not ${request.username}`);
  }
  return judgeStanding(identity, request.content?.keySha256 ?? '', named, member);
}

/** The user that an invitation's token stands for. */
export const invitationUser = (member: string): string =>
  `system:serviceaccount:${invitationNamespace}:${invitationAccount(member)}`;

function formFault(request: SigningRequest, rules: JoinRules): Verdict | undefined {
  const { signerName, usages, expirationSeconds } = request;
  if (!rules.signers.includes(signerName)) {
    const known = rules.signers.join(' or ');
    return deny('WrongSigner', `signerName is ${signerName}; this hub works with ${known}`);
  }
  if (usages.toSorted().join() !== requestUsages.join()) {
    return deny('WrongUsages', `usages have to be ${requestUsages.join(' and ')}`);
  }
  const { maximumSeconds } = rules;
  const seconds = expirationSeconds ?? Number.POSITIVE_INFINITY;
  if (seconds < leastCertificateSeconds || seconds > maximumSeconds) {
    return deny(
      'WrongLifetime',
      `expirationSeconds is ${expirationSeconds ?? 'not given'}; this hub issues certificates for ` +
        `${leastCertificateSeconds} to ${maximumSeconds} s (agent flag --certificate-hours)`,
    );
  }
  return undefined;
}

function contentFault(content: RequestContent | undefined): Verdict | undefined {
  if (content === undefined) return deny('UnreadableRequest', 'the request is no PKCS #10 in PEM');
  if (content.hasAttributes) {
    const why = 'the request asks for extensions, such as names of hosts; an agent has none';
    return deny('AttributesForbidden', why);
  }
  if (content.key !== 'P-256' && content.key !== 'P-384') {
    return deny('WeakKey', `the key is ${content.key}; it has to be an EC key on P-256 or P-384`);
  }
  if (!content.isSigned) return deny('NotSignedByKey', 'the request is not signed by its own key');
  return undefined;
}

/** The identity that the subject names, when it is exactly what the name of the request says. */
function identityOf(
  content: RequestContent | undefined,
  named: RequestName,
): MemberIdentity | undefined {
  const subject = content?.subject ?? [];
  const [commonName, ...more] = subject.filter(({ type }) => type === 'CN');
  const identity = memberOfUser(commonName?.value ?? '');
  const isExact =
    more.length === 0 &&
    subject.length === 2 &&
    subject.some(({ type, value }) => type === 'O' && value === membersGroup);
  if (!isExact || identity?.member !== named.member) return undefined;
  return named.enrolment === 'renewal' || identity.enrolment === named.enrolment
    ? identity
    : undefined;
}

function judgeStanding(
  identity: MemberIdentity,
  keySha256: string,
  { enrolment: asked }: RequestName,
  member: MemberStanding | undefined,
): Verdict {
  const { member: name, enrolment } = identity;
  if (member === undefined) return wait(`there is no IOMember ${name} yet`);
  if (member.removing) return wait(`${name} is being removed`);
  if (enrolment < member.enrolment) {
    const why = `the key of enrolment ${enrolment} was put out; only ${member.enrolment} is let in`;
    return deny('EnrolmentEnded', `${why}: kubectl io member invite ${name}`);
  }
  const { credential } = member;
  // An invitation is for one key. The same one may ask again, as after a crash.
  const isUsed =
    asked !== 'renewal' &&
    credential !== undefined &&
    (credential.enrolment > enrolment ||
      (credential.enrolment === enrolment && credential.keySha256 !== keySha256));
  if (isUsed) {
    const why = `enrolment ${enrolment} has its certificate already, for another key`;
    return deny('InvitationUsed', `${why}: kubectl io member invite ${name}`);
  }
  if (member.denied) return wait(`an administrator of the hub denied ${name}`);
  if (!member.accepted) return wait(`${name} is not accepted yet`);
  if (enrolment > member.enrolment) {
    return wait(`enrolment ${member.enrolment} is let in; ${enrolment} needs to be accepted anew`);
  }
  const message = `${name} was accepted, and so is its key ${keySha256}`;
  return { kind: 'Approve', identity, message };
}

const deny = (reason: DenialReason, message: string): Verdict => ({
  kind: 'Deny',
  reason,
  message,
});
const wait = (message: string): Verdict => ({ kind: 'Wait', message });

/** Between these shares of its life left a certificate is renewed. */
const renewalShare = { least: 0.2, most: 0.25 } as const;

/**
 * When a certificate is to be renewed, in milliseconds since the epoch: with 20 to 25 % of its life
 * left. Where in between follows from the certificate, so that members do not come all at once, and an
 * agent that restarts comes to the same moment.
 */
export function renewAtMs({ notBeforeMs, notAfterMs, sha256 }: CertificateContent): number {
  const spread = Number.parseInt(sha256.slice(0, 8), 16) / 2 ** 32;
  const share = renewalShare.least + spread * (renewalShare.most - renewalShare.least);
  return Math.round(notAfterMs - share * (notAfterMs - notBeforeMs));
}
