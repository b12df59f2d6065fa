import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { memberOfUser, membersGroup } from '../../operator/domain/member/identity.ts';
import { Problem } from '../problem.ts';

const members = new WeakMap<FastifyRequest, string>();

/**
 * Lets only agents in: a client certificate that the client CA signed, that is valid now, and that
 * names a member. Nothing in the request says who sends it but the certificate.
 */
export function addMemberIdentity(server: FastifyInstance, now: () => number): void {
  server.addHook('onRequest', async (request) => {
    members.set(request, memberOfSocket(request.raw.socket, now()));
  });
}

/** The member that sends this request. */
export function memberOf(request: FastifyRequest): string {
  const member = members.get(request);
  if (member === undefined) throw new Error('the route does not check who sends');
  return member;
}

function memberOfSocket(socket: unknown, nowMs: number): string {
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
  const identity = typeof commonName === 'string' ? memberOfUser(commonName) : undefined;
  if (identity === undefined || !groups.includes(membersGroup)) {
    throw new Problem(
      403,
      'NotAMember',
      `the client certificate names no member: CN must be compute.io.net:member:<name>:<enrolment>, O ${membersGroup}`,
    );
  }
  return identity.member;
}

function unidentified(message: string): Problem {
  return new Problem(401, 'ClientCertificateRequired', message);
}
