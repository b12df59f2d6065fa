import { type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import { invitationName } from '../../domain/member/invitation.ts';
import { sleep } from '../../runtime/clock.ts';
import { clusterRoles } from '../../adapters/kubernetes/invitations.ts';
import { changeMember, instant, memberOf, type Session } from '../session.ts';

/** What is asked of the API server while somebody waits, in milliseconds. */
const lookEveryMs = 1_000;
const usualDeadlineSeconds = 600;
const usualTimeoutSeconds = 3_600;

/** Spans in seconds. */
export type LeaveOptions = Readonly<{ deadline?: number; wait?: boolean; timeout?: number }>;

/** Takes all leases off a member. */
export async function drain(session: Session, name: string, options: LeaveOptions): Promise<void> {
  const { wait = false, timeout = usualTimeoutSeconds } = options;
  const seconds = options.deadline ?? usualDeadlineSeconds;
  const deadline = instant(session.clock.now() + seconds * 1000);
  const { metadata } = await changeMember(session, name, () => ({ drain: { deadline } }));
  session.tell(
    `${name} is drained: leases move or end until ${deadline}, what is left is released`,
  );
  if (!wait) return;
  await waitFor(session, name, timeout, (member) => {
    if (member === undefined) return true;
    const drained = member.status?.conditions?.find(({ type }) => type === 'Drained');
    const isOfThis = (drained?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    return drained?.status === 'True' && isOfThis;
  });
  session.print(`${name} is drained`);
}

/** Takes all leases off a member and then the member itself, with all that the hub made for it. */
export async function remove(session: Session, name: string, options: LeaveOptions): Promise<void> {
  const { client } = session;
  const { deadline: seconds, wait = false, timeout = usualTimeoutSeconds } = options;
  const { metadata } = await memberOf(session, name);
  const deadline = seconds === undefined ? null : instant(session.clock.now() + seconds * 1000);
  await changeMember(session, name, () => ({
    drain: deadline === null ? null : { deadline },
  }));
  // Who was invited meanwhile must not make the member anew.
  await client.delete(clusterRoles, invitationName(name));
  await client.delete(ioMemberResource, name, undefined, { uid: metadata.uid });
  if (!wait) {
    session.print(
      `${name} is being removed: kubectl describe iomember ${name} says what it waits for`,
    );
    return;
  }
  await waitFor(
    ...([session, name, timeout] as const),
    (member) => member === undefined || member.metadata.uid !== metadata.uid,
  );
  session.print(`${name} is removed`);
}

/** Waits, and says what for each time that it changes. Throws after the time that a person gave it. */
async function waitFor(
  session: Session,
  name: string,
  timeoutSeconds: number,
  isDone: (member: IOMember | undefined) => boolean,
): Promise<void> {
  const { client, clock, signal, tell } = session;
  const untilMs = clock.monotonicMs() + timeoutSeconds * 1000;
  let told = '';
  while (!signal.aborted) {
    const member = await client.get(ioMemberResource, name, undefined, { signal });
    if (isDone(member)) return;
    const why = reasonsOf(member);
    if (why !== told) tell(why);
    told = why;
    if (clock.monotonicMs() >= untilMs) {
      throw new Error(
        `${name}: not done after ${timeoutSeconds} s; it goes on without you. ${why}`,
      );
    }
    await sleep(clock, lookEveryMs, signal);
  }
  throw new Error(`${name}: not done yet; it goes on without you`);
}

function reasonsOf(member: IOMember | undefined): string {
  const conditions = member?.status?.conditions ?? [];
  const [drained, connected] = ['Drained', 'Connected'].map((wanted) =>
    conditions.find(({ type }) => type === wanted),
  );
  const waits = drained?.message ?? 'the hub has not seen it yet; is io-operator hub running?';
  return connected?.status === 'True' || connected === undefined
    ? `waits: ${waits}`
    : `waits: ${waits} ${connected.message}`;
}
