import type { IOMember } from '../../../crds/schema/index.ts';
import { changeMember, type Session } from '../session.ts';

/** Lets a member in, with the key that its agent asks for now. */
export async function accept(
  session: Session,
  name: string,
  { key: wanted }: Readonly<{ key?: string }>,
): Promise<void> {
  const member = await changeMember(session, name, (found) => ({
    ...{ accepted: true, denied: false },
    enrolment: enrolmentToAccept(found, wanted),
  }));
  const { request } = member.status ?? {};
  const { enrolment } = member.spec;
  session.print(
    request === undefined
      ? `${name} is accepted; no agent has asked with a key yet (enrolment ${enrolment})`
      : `${name} is accepted with the key ${request.keySha256} (enrolment ${enrolment})`,
  );
}

/** The enrolment to let in: that of the request. Throws when it is not the one that was meant. */
function enrolmentToAccept(
  { metadata: { name }, spec, status }: IOMember,
  wanted: string | undefined,
): number {
  const request = status?.request;
  if (wanted !== undefined && request?.keySha256 !== wanted) {
    const asks =
      request === undefined ? 'no agent asks' : `its agent asks with ${request.keySha256}`;
    throw new Error(`${name} is not accepted: ${asks}, not with --key ${wanted}`);
  }
  if (request === undefined) return spec.enrolment;
  if (request.enrolment < spec.enrolment) {
    throw new Error(
      `${name} is not accepted: its agent asks with the key of enrolment ${request.enrolment}, ` +
        `which was put out; kubectl io member invite ${name} makes a new invitation`,
    );
  }
  return request.enrolment;
}

export async function deny(session: Session, name: string): Promise<void> {
  await changeMember(session, name, () => ({ accepted: false, denied: true }));
  session.print(`${name} is denied: it has no rights on the hub any more, and gets none`);
}

/** Puts the key of a member out, or the member with it. */
export async function revoke(
  session: Session,
  name: string,
  { member = false }: Readonly<{ member?: boolean }>,
): Promise<void> {
  if (member) {
    await changeMember(session, name, () => ({ accepted: false }));
    session.print(`${name} is not accepted any more: its agent has no rights on the hub`);
    return;
  }
  const { spec } = await changeMember(session, name, (found) => ({
    // Beyond a key that asks to join in its place: revoking lets nobody in.
    enrolment: Math.max(found.spec.enrolment, found.status?.request?.enrolment ?? 0) + 1,
  }));
  session.print(`the key of ${name} is put out; only enrolment ${spec.enrolment} is let in now`);
  session.tell(`Its agent joins anew with: kubectl io member invite ${name}`);
}

export async function cordon(session: Session, name: string): Promise<void> {
  await changeMember(session, name, () => ({ cordoned: true }));
  session.print(`${name} is cordoned: what runs goes on, nothing new is placed there`);
}

/** Ends a drain as well. */
export async function uncordon(session: Session, name: string): Promise<void> {
  await changeMember(session, name, () => ({ cordoned: false, drain: null }));
  session.print(`${name} is uncordoned`);
}
