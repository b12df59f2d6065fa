import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { MemberIdentity } from '../../domain/member/identity.ts';
import type { Hello } from '../../domain/tunnel/headers.ts';
import { maxTunnels, maxTunnelsPerMember } from '../../domain/tunnel/limits.ts';
import type { Tunnel, TunnelAcceptor, Tunnels } from '../../ports/tunnel.ts';
import type { TunnelMetrics } from '../../ports/tunnel-metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { MemberTunnel } from './member-tunnel.ts';
import { destroy, type SessionPace, usualPace } from './session.ts';

export type RegistryOptions = Readonly<{
  /** Which gateway this is, and how many there are. */
  hello: Hello;
  clock: Clock;
  metrics: TunnelMetrics;
  logger: Logger;
  pace?: SessionPace;
}>;

/** The tunnels of a gateway, by member. Whose a tunnel is was read from the certificate. */
export class TunnelRegistry implements Tunnels, TunnelAcceptor<Duplex> {
  readonly #options: RegistryOptions;
  /** Newest last. */
  readonly #byMember = new Map<string, MemberTunnel[]>();
  readonly #streams = { count: 0 };
  /** With those whose hello is not answered yet. */
  readonly #connections = new Set<MemberTunnel>();
  #isClosing = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** By the newest: an agent that renewed its certificate comes with a second one. */
  open(member: string): Tunnel | undefined {
    return this.#byMember.get(member)?.findLast(({ isOpen }) => isOpen);
  }

  accept(socket: Duplex, { member }: MemberIdentity, untilMs: number): void {
    const { hello, clock, metrics, pace = usualPace } = this.#options;
    if (this.#isClosing) return this.refuse(socket, 'the gateway is stopping');
    if (this.#connections.size >= maxTunnels) {
      return this.refuse(socket, `the gateway has ${maxTunnels} tunnels, as many as it may`);
    }
    const streams = this.#streams;
    const tunnel = new MemberTunnel(socket, { hello, clock, pace, streams, metrics });
    this.#connections.add(tunnel);
    const cancel = clock.setTimeout(() => tunnel.destroy(), untilMs - clock.now());
    void this.#run(tunnel, member).finally(cancel);
  }

  refuse(socket: Duplex, reason: string): void {
    this.#options.metrics.tunnelOpened('refused');
    const session = connect('http://io-tunnel', { createConnection: () => socket });
    session.on('error', () => undefined);
    const cancel = this.#options.clock.setTimeout(() => destroy({ session, socket }), 1_000);
    session.once('close', cancel);
    session.once('remoteSettings', () => sayGoodbye(session, reason));
  }

  retire(): void {
    this.#isClosing = true;
    for (const tunnel of this.#connections) tunnel.retire('the gateway is stopping');
  }

  async #run(tunnel: MemberTunnel, member: string): Promise<void> {
    const { metrics, logger } = this.#options;
    const welcome = await tunnel.hello();
    metrics.tunnelOpened(welcome);
    if (welcome === 'taken' && !this.#isClosing) {
      this.#add(member, tunnel);
      logger.info({ member }, 'a tunnel opened');
    }
    const reason = await tunnel.closed;
    this.#connections.delete(tunnel);
    if (welcome !== 'taken') return;
    this.#remove(member, tunnel);
    logger.info({ member, reason }, 'a tunnel closed');
  }

  #add(member: string, tunnel: MemberTunnel): void {
    const of = this.#byMember.get(member) ?? [];
    this.#byMember.set(member, of);
    of.push(tunnel);
    if (of.length > maxTunnelsPerMember) of[0]?.retire('the member has newer tunnels');
    this.#count();
  }

  #remove(member: string, tunnel: MemberTunnel): void {
    const left = (this.#byMember.get(member) ?? []).filter((other) => other !== tunnel);
    if (left.length === 0) this.#byMember.delete(member);
    else this.#byMember.set(member, left);
    this.#count();
  }

  #count(): void {
    const all = [...this.#byMember.values()];
    this.#options.metrics.tunnels(all.reduce((sum, of) => sum + of.length, 0));
  }
}

function sayGoodbye(session: ClientHttp2Session, reason: string): void {
  session.goaway(constants.NGHTTP2_NO_ERROR, 0, Buffer.from(reason));
  session.close();
}
