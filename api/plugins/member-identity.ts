import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type MemberIdentity,
  memberOfUser,
  membersGroup,
} from '../../operator/domain/member/identity.ts';
import type { MemberGate } from '../../operator/ports/member-gate.ts';
import { Problem } from '../problem.ts';

const members = new WeakMap<FastifyRequest, string>();

/** What an agent waits when the members are not known yet. */
const retryUnknownSeconds = 5;

type Ports = Readonly<{
  clock: Readonly<{ now: () => number }>;
  members: MemberGate;
}>;

/**
 * Lets only agents in: a client certificate that the client CA signed, that is valid now, and that
 * names a member which the hub has let in by this enrolment. Nothing in the request says who sends it
 * but the certificate. Connections of a member that is put out are closed.
 */
export function addMemberIdentity(server: FastifyInstance, { clock, members: gate }: Ports): void {
  const connections = new MemberConnections(gate);
  server.addHook('onRequest', async (request) => {
    const { socket } = request.raw;
    const agent = admittedAgent(socket, clock.now(), gate);
    connections.add(socket, agent);
    members.set(request, agent.member);
  });
}

/** The agent at the other end of a connection. Throws the Problem for which it is not let in. */
export function admittedAgent(socket: unknown, nowMs: number, gate: MemberGate): MemberIdentity {
  const agent = agentOfSocket(socket, nowMs);
  admit(agent, gate);
  return agent;
}

/** The member that sends this request. */
export function memberOf(request: FastifyRequest): string {
  const member = members.get(request);
  if (member === undefined) throw new Error('the route does not check who sends');
  return member;
}

/**
 * Connections by member, from when they were let in until they end. Those of a member, or of an
 * enrolment, that is put out are closed.
 */
export class MemberConnections {
  readonly #byMember = new Map<string, Map<TLSSocket, MemberIdentity>>();

  constructor(gate: MemberGate) {
    gate.onChange((member) => {
      this.#close(member, (agent) => gate.admits(agent) !== 'Admitted');
    });
  }

  add(socket: unknown, agent: MemberIdentity): void {
    if (!(socket instanceof TLSSocket)) return;
    const { member } = agent;
    const open = this.#byMember.get(member) ?? new Map<TLSSocket, MemberIdentity>();
    if (open.has(socket)) return;
    this.#byMember.set(member, open.set(socket, agent));
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0 && this.#byMember.get(member) === open) this.#byMember.delete(member);
    });
  }

  #close(member: string, isOut: (agent: MemberIdentity) => boolean): void {
    for (const [socket, agent] of this.#byMember.get(member) ?? []) {
      if (isOut(agent)) socket.destroy();
    }
  }
}

function admit(agent: MemberIdentity, gate: MemberGate): void {
  const admission = gate.admits(agent);
  switch (admission) {
    case 'Admitted':
      return;
    case 'NotAccepted':
      throw new Problem(
        403,
        'MemberNotAccepted',
        `the hub has not accepted the member ${agent.member}; an administrator does, by spec.accepted of its IOMember`,
      );
    case 'EnrolmentRevoked':
      throw new Problem(
        403,
        'EnrolmentRevoked',
        `enrolment ${agent.enrolment} of the member ${agent.member} is not let in; ` +
          'spec.enrolment of its IOMember says which one is',
      );
    case undefined:
      throw new Problem(
        503,
        'MembersUnknown',
        'the members are being read; nothing is lost, send it again',
        {
          retryAfterSeconds: retryUnknownSeconds,
        },
      );
  }
}

function agentOfSocket(socket: unknown, nowMs: number): MemberIdentity {
  if (!(socket instanceof TLSSocket)) throw unidentified('the connection is not TLS');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    throw unidentified('present the client certificate of the agent');
  }
  // Trust is judged by the handshake; validity ends while a connection goes on.
  if (!socket.authorized) {
    throw unidentified('the client certificate is not signed by the client CA, or not valid now');
  }
  if (certificate.validToDate.getTime() <= nowMs) {
    throw unidentified('the client certificate has expired; connect again with a new one');
  }
  const { subject } = socket.getPeerCertificate();
  const commonName: unknown = subject.CN;
  const groups: unknown[] = [subject.O ?? []].flat();
  const agent = typeof commonName === 'string' ? memberOfUser(commonName) : undefined;
  if (agent === undefined || !groups.includes(membersGroup)) {
    throw new Problem(
      403,
      'NotAMember',
      `the client certificate names no member: CN must be compute.io.net:member:<name>:<enrolment>, O ${membersGroup}`,
    );
  }
  return agent;
}

function unidentified(message: string): Problem {
  return new Problem(401, 'ClientCertificateRequired', message);
}
