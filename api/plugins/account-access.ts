import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DeskUnavailableError } from '../../operator/ports/account-desk.ts';
import type { AccountPorts } from '../ports.ts';
import { Problem } from '../problem.ts';
import { limitInFlight } from './in-flight.ts';

/** The largest body of a request about an account. */
export const maxAccountBodyBytes = 16 * 1024;

/** Requests about accounts that are worked on at once: each asks the hub's API server. */
const maxInFlight = 64;
const retrySeconds = 2;
const bearer = /^Bearer (?<token>[A-Za-z0-9._~+/=-]{1,8192})$/;
const namespacePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const namePattern = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** Bounds how many requests about accounts are worked on at once. */
export function limitAccountRequests(server: FastifyInstance): void {
  limitInFlight(server, { most: maxInFlight, retryAfterSeconds: retrySeconds });
}

/** `namespace/name` of the account in the path. */
export function accountOf({ params }: FastifyRequest): string {
  const { namespace = '', name = '' } = params as { namespace?: string; name?: string };
  if (namespacePattern.test(namespace) && namePattern.test(name)) return `${namespace}/${name}`;
  throw new Problem(404, 'AccountNotFound', 'the path names no IOAccount');
}

/** Throws a problem unless the sender of the request may do this with the account. */
export async function callerMay(
  { desk, mayUse }: Pick<AccountPorts, 'desk' | 'mayUse'>,
  request: FastifyRequest,
  verb: 'get' | 'update',
  account: string,
): Promise<void> {
  if (mayUse !== undefined) return mayUse(request, verb, account);
  const token = bearer.exec(request.headers.authorization ?? '')?.groups?.['token'];
  if (token === undefined) throw unauthenticated('send Authorization: Bearer <Kubernetes token>');
  const permission = await desk.permission(token, verb, account).catch((error: unknown) => {
    if (!(error instanceof DeskUnavailableError)) throw error;
    const details = { retryAfterSeconds: retrySeconds };
    throw new Problem(503, 'HubUnavailable', "the hub's API server does not answer", details);
  });
  if (permission === 'Unknown') throw unauthenticated('the token is not valid at the hub');
  if (permission === 'Denied') {
    const text = `you may not ${verb} ioaccounts.compute.io.net ${account}; ask for a Role that allows it`;
    throw new Problem(403, 'Forbidden', text);
  }
}

const unauthenticated = (text: string): Problem => new Problem(401, 'Unauthenticated', text);
