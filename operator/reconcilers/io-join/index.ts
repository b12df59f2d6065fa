import type { IOMember } from '../../../crds/schema/index.ts';
import {
  enrolmentAnnotation,
  expiresAnnotation,
  memberLabel,
} from '../../domain/member/invitation.ts';
import { ownSigner } from '../../domain/member/join.ts';
import type { MemberSigner } from '../../ports/member-keys.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Controller, type Result } from '../../runtime/controller.ts';
import type { Informer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { RuntimeMetrics } from '../../runtime/metrics.ts';
import type { Resource } from '../../runtime/resource.ts';
import {
  base64Of,
  pemOf,
  signingRequestResource,
  type SigningRequestObject,
} from '../../runtime/signing-request.ts';
import type { Heartbeats } from '../heartbeats.ts';
import { type BookedRequest, type JoinBook, membersOfRequest } from '../join-book.ts';
import { decide, type Decision } from './decide.ts';
import type { Observed, ObservedRequest } from './snapshot.ts';

/** The ClusterRole of an invitation; it owns the rest. */
export const invitationResource: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

export type IOJoinOptions = Readonly<{
  client: ApiClient;
  requests: Informer<SigningRequestObject>;
  members: Informer<IOMember>;
  /** ClusterRoles of invitations. */
  invitations: Informer<KubeObject>;
  book: JoinBook;
  heard: Heartbeats;
  /** Undefined: the API server's own signer signs. */
  signer: MemberSigner | undefined;
  clock: Clock;
  metrics: RuntimeMetrics;
  logger: Logger;
}>;

/** Approves, denies and, where nobody else does, signs what agents ask for; ends invitations. */
export function ioJoinController(options: IOJoinOptions): Controller {
  const reconciler = new Reconciler(options);
  return new Controller({
    name: 'io-join',
    reconcile: (member, { signal, logger }) => reconciler.reconcile(member, signal, logger),
    metrics: options.metrics,
    logger: options.logger,
    clock: options.clock,
    resyncPeriodMs: 10 * 60_000,
  })
    .watch(options.requests, membersOfRequest)
    .watch(options.members)
    .watch(options.invitations, memberOfInvitation);
}

const memberOfInvitation = ({ metadata }: KubeObject): readonly string[] => {
  const member = metadata.labels?.[memberLabel];
  return member === undefined ? [] : [member];
};

/** An index that the informer of invitations has to have. */
export const memberInvitationIndex = { member: memberOfInvitation };

class Reconciler {
  readonly #options: IOJoinOptions;

  constructor(options: IOJoinOptions) {
    this.#options = options;
  }

  async reconcile(member: string, signal: AbortSignal, logger: Logger): Promise<Result> {
    const booked = new Map(
      this.#options.book.requestsOf(member).map((each) => [each.asked.name, each]),
    );
    const [invitation] = this.#options.invitations.cache.byIndex('member', member);
    const decision = decide(this.#observe(member, [...booked.values()], invitation));
    try {
      await this.#apply(decision, booked, invitation, signal, logger);
    } catch (error) {
      // What it was decided on has changed: the watch brings the newer version.
      if (!(error instanceof ApiError && (error.isConflict || error.isNotFound))) throw error;
      return { requeueAfterMs: 1_000 };
    }
    const { requeueAfterMs } = decision;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  #observe(
    member: string,
    requests: readonly BookedRequest[],
    invitation: KubeObject | undefined,
  ): Observed {
    const { book, heard, clock } = this.#options;
    const nowMs = clock.now();
    const ageMs = heard.ageMs(member);
    return {
      nowMs,
      member: book.standingOf(member),
      requests: requests.map((each) => this.#observeRequest(each)),
      invitation: invitation === undefined ? undefined : termsOf(invitation),
      heardAtMs: ageMs === undefined ? undefined : nowMs - ageMs,
    };
  }

  #observeRequest(booked: BookedRequest): ObservedRequest {
    const { asked, named, state, sinceMs, certificate, received } = booked;
    return {
      ...{ name: asked.name, state, sinceMs, received },
      enrolment: named.enrolment === 'renewal' ? undefined : named.enrolment,
      verdict: this.#options.book.verdictOf(booked),
      issuedKeySha256: certificate?.keySha256,
      isOurs: this.#options.signer !== undefined && asked.signerName === ownSigner,
    };
  }

  async #apply(
    decision: Decision,
    booked: ReadonlyMap<string, BookedRequest>,
    invitation: KubeObject | undefined,
    signal: AbortSignal,
    logger: Logger,
  ): Promise<void> {
    const { client } = this.#options;
    for (const { name, message } of decision.approve) {
      logger.info({ request: name, why: message }, 'the request is approved');
      const approval = { type: 'Approved', reason: 'MemberAccepted', message };
      await this.#answer(booked.get(name)?.object, approval, signal);
    }
    for (const { name, reason, message } of decision.deny) {
      logger.warn({ request: name, reason, why: message }, 'the request is denied');
      await this.#answer(booked.get(name)?.object, { type: 'Denied', reason, message }, signal);
    }
    for (const { name, identity } of decision.sign) {
      const request = booked.get(name);
      if (request !== undefined) await this.#sign(request, identity, signal);
    }
    if (decision.endInvitation && invitation !== undefined) {
      const { name, uid, resourceVersion } = invitation.metadata;
      logger.info({ invitation: name }, 'the invitation ends');
      // Background: its account and binding are taken by the garbage collector.
      const options = { uid, resourceVersion, propagationPolicy: 'Background' as const, signal };
      await client.delete(invitationResource, name, undefined, options);
    }
    for (const name of decision.remove) {
      const uid = booked.get(name)?.object.metadata.uid;
      await client.delete(signingRequestResource, name, undefined, { uid, signal });
    }
  }

  async #answer(
    object: SigningRequestObject | undefined,
    condition: Readonly<{ type: string; reason: string; message: string }>,
    signal: AbortSignal,
  ): Promise<void> {
    if (object === undefined) return;
    const { name, resourceVersion, uid } = object.metadata;
    const lastUpdateTime = new Date(this.#options.clock.now()).toISOString();
    const conditions = [{ ...condition, status: 'True', lastUpdateTime }];
    // The version is the precondition: what was judged is what is answered.
    const patch = { metadata: { resourceVersion, uid }, status: { conditions } };
    await this.#options.client.mergePatch(signingRequestResource, name, undefined, patch, {
      ...{ subresource: 'approval', manager: 'compute.io.net/io-join', signal },
    });
  }

  async #sign(
    { object, asked }: BookedRequest,
    identity: Parameters<MemberSigner['sign']>[0]['identity'],
    signal: AbortSignal,
  ): Promise<void> {
    const { client, signer, clock, book } = this.#options;
    if (signer === undefined) return;
    const certificate = await signer.sign({
      requestPem: pemOf(object.spec?.request),
      identity,
      lifetimeSeconds: asked.expirationSeconds ?? book.rules.maximumSeconds,
      nowMs: clock.now(),
    });
    const { name, resourceVersion, uid } = object.metadata;
    const status = { certificate: base64Of(certificate) };
    const patch = { metadata: { resourceVersion, uid }, status };
    await client.mergePatch(signingRequestResource, name, undefined, patch, {
      ...{ subresource: 'status', manager: 'compute.io.net/io-join', signal },
    });
  }
}

/** What cannot be read has ended: an invitation is made by kubectl io member invite. */
function termsOf({ metadata: { annotations = {} } }: KubeObject): Observed['invitation'] {
  const enrolment = Number(annotations[enrolmentAnnotation]);
  const expiresMs = Date.parse(annotations[expiresAnnotation] ?? '');
  if (!Number.isInteger(enrolment) || Number.isNaN(expiresMs))
    return { enrolment: 0, expiresMs: 0 };
  return { enrolment, expiresMs };
}
