import { type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import type { MemberIdentity } from '../../domain/member/identity.ts';
import type { Admission, MemberGate } from '../../ports/member-gate.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { Informer } from '../../runtime/informer.ts';
import type { Logger } from '../../runtime/logger.ts';

/** The gate, and the watch that it lives by. */
export type WatchedMemberGate = MemberGate &
  Readonly<{
    /** Until the signal is aborted. */
    run: (signal: AbortSignal) => Promise<void>;
    /** Whether all members were listed once. */
    isKnown: () => boolean;
  }>;

/** Watches the hub's IOMembers; the client needs `list` and `watch` on them. */
export function createMemberGate(
  client: Pick<ApiClient, 'list' | 'watch'>,
  logger: Logger,
): WatchedMemberGate {
  const members = new Informer({
    client,
    resource: ioMemberResource,
    transform: onlyWhatDecides,
    logger,
  });
  return {
    admits: (agent) =>
      members.hasSynced() ? admissionOf(agent, members.cache.get(agent.member)) : undefined,
    onChange: (listener) => members.onChange(({ object }) => listener(object.metadata.name)),
    run: (signal) => members.start(signal),
    isKnown: () => members.hasSynced(),
  };
}

/** A member that is being removed still reports what its last leases used. */
function admissionOf({ enrolment }: MemberIdentity, member: IOMember | undefined): Admission {
  if (member === undefined || !member.spec.accepted || member.spec.denied) return 'NotAccepted';
  return member.spec.enrolment === enrolment ? 'Admitted' : 'EnrolmentRevoked';
}

/** Statuses change with every device; none is kept. */
function onlyWhatDecides({ apiVersion, kind, metadata, spec }: IOMember): IOMember {
  return { apiVersion, kind, metadata, spec };
}
