import type { IOMember, IOMemberStatus } from '../../crds/schema/index.ts';
import { memberOfUser } from '../domain/member/identity.ts';
import {
  type CertificateContent,
  type JoinRules,
  judgeRequest,
  type MemberStanding,
  receivedAnnotation,
  requestOfName,
  type RequestName,
  type SigningRequest,
  type Verdict,
} from '../domain/member/join.ts';
import type { MemberKeys } from '../ports/member-keys.ts';
import type { Informer } from '../runtime/informer.ts';
import { pemOf, signingCondition, type SigningRequestObject } from '../runtime/signing-request.ts';

/** How far the agent of a member has come, as its requests on the hub say. */
export type Joining = Readonly<Pick<IOMemberStatus, 'request' | 'credential'>>;

/** Longer requests are none of an agent, and are not kept. Base64 characters. */
const maximumRequestLength = 16_384;

/** Keeps little of what somebody may have made large; what is cut off cannot be read any more. */
export function smallRequest(object: SigningRequestObject): SigningRequestObject {
  const { request = '' } = object.spec ?? {};
  if (request.length > maximumRequestLength) object.spec = { ...object.spec, request: '' };
  return object;
}

/** Label of agents' requests, so that the hub watches no others. */
export const requestLabel = 'compute.io.net/member';

/** An index that the informer of requests has to have: those of one member. */
export const memberRequestIndex = { member: membersOfRequest };

/** The member that a request is of by its name: one, or none. */
export function membersOfRequest({ metadata: { name } }: SigningRequestObject): readonly string[] {
  const named = requestOfName(name);
  return named === undefined ? [] : [named.member];
}

/** A request as the hub sees it. */
export type BookedRequest = Readonly<{
  object: SigningRequestObject;
  named: RequestName;
  asked: SigningRequest;
  state: 'Open' | 'Approved' | 'Issued' | 'Denied' | 'Failed';
  /** When it came into that state, in milliseconds of the API server's clock; 0: not known. */
  sinceMs: number;
  certificate: CertificateContent | undefined;
  /** Whether the agent says that it has stored the certificate. */
  received: boolean;
}>;

/**
 * What agents ask for and what was issued to them. The API server forgets answered requests after an
 * hour, and the hub takes away those that are done with: from then on the status of the IOMember is
 * what remains.
 */
export class JoinBook {
  readonly rules: JoinRules;
  readonly #requests: Informer<SigningRequestObject>;
  readonly #members: Informer<IOMember>;
  readonly #keys: MemberKeys;
  /** Reading a request or a certificate again would come to the same. */
  readonly #read = new WeakMap<SigningRequestObject, BookedRequest>();

  constructor(options: {
    requests: Informer<SigningRequestObject>;
    members: Informer<IOMember>;
    keys: MemberKeys;
    rules: JoinRules;
  }) {
    this.#requests = options.requests;
    this.#members = options.members;
    this.#keys = options.keys;
    this.rules = options.rules;
  }

  requestsOf(member: string): readonly BookedRequest[] {
    return this.#requests.cache.byIndex('member', member).flatMap((object) => {
      const booked = this.#read.get(object) ?? this.#book(object);
      if (booked === undefined) return [];
      this.#read.set(object, booked);
      return [booked];
    });
  }

  /** Undefined: there is no such IOMember. */
  standingOf(member: string): MemberStanding | undefined {
    const found = this.#members.cache.get(member);
    if (found === undefined) return undefined;
    const { accepted, denied, enrolment } = found.spec;
    const removing = found.metadata.deletionTimestamp !== undefined;
    return { accepted, denied, enrolment, removing, credential: found.status?.credential };
  }

  verdictOf(request: BookedRequest): Verdict {
    return judgeRequest(request.asked, this.standingOf(request.named.member), this.rules);
  }

  /** What belongs into the status of the member. */
  joinOf(member: string): Joining {
    const requests = this.requestsOf(member);
    const credential = newest([
      ...requests.flatMap(credentialOf),
      ...[this.#members.cache.get(member)?.status?.credential].filter((each) => each !== undefined),
    ]);
    const [request] = requests
      .flatMap((each) => this.#openRequest(each))
      .toSorted((a, b) => b.enrolment - a.enrolment);
    return {
      ...(request === undefined ? {} : { request }),
      ...(credential === undefined ? {} : { credential }),
    };
  }

  /** A renewal needs nobody's consent, and what is refused is no request. */
  #openRequest(booked: BookedRequest): NonNullable<Joining['request']>[] {
    const { named, asked, object, state } = booked;
    if (named.enrolment === 'renewal' || (state !== 'Open' && state !== 'Approved')) return [];
    if (this.verdictOf(booked).kind === 'Deny') return [];
    const keySha256 = asked.content?.keySha256 ?? '';
    const time = object.metadata.creationTimestamp ?? '';
    return [{ enrolment: named.enrolment, keySha256, time }];
  }

  #book(object: SigningRequestObject): BookedRequest | undefined {
    const { metadata, spec = {}, status } = object;
    const named = requestOfName(metadata.name);
    if (named === undefined) return undefined;
    const certificate = this.#keys.readCertificate(pemOf(status?.certificate));
    const [approved, denied, failed] = (['Approved', 'Denied', 'Failed'] as const).map((type) =>
      signingCondition(object, type),
    );
    const state = () => {
      if (denied !== undefined) return 'Denied';
      if (failed !== undefined) return 'Failed';
      if (certificate !== undefined) return 'Issued';
      return approved === undefined ? 'Open' : 'Approved';
    };
    const since = denied ?? failed ?? approved;
    return {
      object,
      named,
      asked: {
        name: metadata.name,
        signerName: spec.signerName ?? '',
        username: spec.username ?? '',
        usages: spec.usages ?? [],
        expirationSeconds: spec.expirationSeconds,
        content: this.#keys.readRequest(pemOf(spec.request)),
      },
      state: state(),
      sinceMs: Date.parse(since?.lastUpdateTime ?? '') || 0,
      certificate,
      received: metadata.annotations?.[receivedAnnotation] === 'true',
    };
  }
}

function credentialOf({ state, certificate }: BookedRequest): NonNullable<Joining['credential']>[] {
  if (state !== 'Issued' || certificate === undefined) return [];
  const identity = memberOfUser(certificate.commonName);
  if (identity === undefined) return [];
  const { keySha256, notAfterMs } = certificate;
  const expirationTime = new Date(notAfterMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return [{ enrolment: identity.enrolment, keySha256, expirationTime }];
}

/** A request that is long answered may still lie there when a later one is gone already. */
const newest = (
  credentials: readonly NonNullable<Joining['credential']>[],
): Joining['credential'] | undefined =>
  credentials.toSorted(
    (a, b) =>
      b.enrolment - a.enrolment || Date.parse(b.expirationTime) - Date.parse(a.expirationTime),
  )[0];
