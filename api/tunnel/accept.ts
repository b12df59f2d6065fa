import type { TLSSocket } from 'node:tls';
import type { MemberGate } from '../../operator/ports/member-gate.ts';
import type { TunnelAcceptor } from '../../operator/ports/tunnel.ts';
import { admittedAgent, MemberConnections } from '../plugins/member-identity.ts';
import { Problem } from '../problem.ts';

type Ports = Readonly<{
  tunnels?: TunnelAcceptor<TLSSocket> | undefined;
  members: MemberGate;
  clock: Readonly<{ now: () => number }>;
}>;

/**
 * Takes connections of agents that bring a tunnel. They have to be let in as for the intake; whose
 * tunnel it is, is read from the certificate alone. It ends when the member is put out, and with its
 * certificate. Undefined: this server takes no tunnels.
 */
export function tunnelAcceptance({
  tunnels,
  members,
  clock,
}: Ports): ((socket: TLSSocket) => void) | undefined {
  if (tunnels === undefined) return undefined;
  const connections = new MemberConnections(members);
  return (socket) => {
    const nowMs = clock.now();
    try {
      const agent = admittedAgent(socket, nowMs, members);
      connections.add(socket, agent);
      const untilMs = socket.getPeerX509Certificate()?.validToDate.getTime() ?? nowMs;
      tunnels.accept(socket, agent, untilMs);
    } catch (error) {
      refuse(tunnels, socket, error);
    }
  };
}

/** Nobody is told anything who is not known. */
function refuse(tunnels: TunnelAcceptor<TLSSocket>, socket: TLSSocket, error: unknown): void {
  const isKnown = error instanceof Problem && error.status !== 401;
  if (isKnown) tunnels.refuse(socket, `${error.reason}: ${error.message}`);
  else socket.destroy();
}
