import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  createAuthority,
  issueCertificate,
  type KeyPair,
} from '../../hack/federation/certificate.ts';
import { memberUser, membersGroup } from '../../operator/domain/member/identity.ts';
import type { EvidenceStore } from '../../operator/ports/evidence-store.ts';
import type { IntakeMetrics } from '../../operator/ports/intake-metrics.ts';
import type { MemberGate } from '../../operator/ports/member-gate.ts';
import type { RewardProofs } from '../../operator/ports/reward-roots.ts';
import type { TunnelAcceptor } from '../../operator/ports/tunnel.ts';
import type { UsageIntake } from '../../operator/ports/usage-intake.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import type { ConsoleAssets } from '../console-assets.ts';
import type { GatewayPorts } from '../gateway/ports.ts';
import type { AdmissionLimits } from '../plugins/admission.ts';
import type { AccountPorts } from '../ports.ts';
import { type ApiServer, buildServer } from '../server.ts';
import type { V1Ports } from '../v1/ports.ts';

const valid = { validDays: 3_650 };

export type Answer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Record<string, unknown>;
}>;

export type Sent = Readonly<{
  path?: string;
  method?: string;
  /** Default: that of member `a`. Null: none. */
  client?: KeyPair | null;
  headers?: Record<string, string>;
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown;
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}>;

/** A real intake server on a loopback port, its CA, and clients with certificates of that CA. */
export class IntakeServer {
  readonly server: ApiServer;
  readonly port: number;
  readonly authority: KeyPair;
  readonly counted: string[];
  readonly #agents = new Map<string, KeyPair>();

  private constructor(server: ApiServer, authority: KeyPair, counted: string[]) {
    this.server = server;
    this.authority = authority;
    this.counted = counted;
    this.port = (server.server.address() as AddressInfo).port;
  }

  static async start(
    intake: UsageIntake,
    options: {
      limits?: Partial<AdmissionLimits>;
      now?: () => number;
      logged?: string[];
      evidence?: EvidenceStore['evidence'];
      accounts?: AccountPorts;
      rewards?: RewardProofs;
      v1?: V1Ports;
      console?: ConsoleAssets;
      /** Default: everybody is let in. */
      members?: MemberGate;
      tunnels?: TunnelAcceptor<TLSSocket>;
      gateway?: GatewayPorts;
      /** Of another server, so that the same agents are known to both. */
      authority?: KeyPair;
    } = {},
  ): Promise<IntakeServer> {
    const authority = options.authority ?? createAuthority('hub', 1);
    const pair = issueCertificate(authority, { commonName: 'api', hosts: ['127.0.0.1'], ...valid });
    const counted: string[] = [];
    const line = (fields: object, message: string) =>
      void options.logged?.push(JSON.stringify({ ...fields, message }));
    const server = buildServer(
      {
        intake,
        evidence: { evidence: options.evidence ?? storedAll },
        accounts: options.accounts,
        rewards: options.rewards,
        v1: options.v1,
        console: options.console,
        members: options.members ?? openGate,
        tunnels: options.tunnels,
        gateway: options.gateway,
        metrics: countInto(counted),
        logger: { debug: line, info: line, warn: line, error: line },
        clock: { now: options.now ?? Date.now, monotonicMs: () => systemClock.monotonicMs() },
      },
      {
        tls: { key: pair.keyPem, cert: pair.certificatePem, clientCa: authority.certificatePem },
        ...(options.limits === undefined ? {} : { limits: options.limits }),
      },
    );
    await server.listen({ host: '127.0.0.1', port: 0 });
    return new IntakeServer(server, authority, counted);
  }

  /** The certificate of a member's agent, by its enrolment. */
  agent(member: string, enrolment = 1): KeyPair {
    const key = `${member}:${enrolment}`;
    const known = this.#agents.get(key) ?? agentCertificate(this.authority, member, enrolment);
    this.#agents.set(key, known);
    return known;
  }

  /** Opens a request whose body is still to be written. */
  open({ path = '/v1/intake/usage', method = 'POST', ...sent }: Sent = {}): ClientRequest {
    const client = sent.client === undefined ? this.agent('a') : sent.client;
    return httpsRequest({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      agent: false,
      ca: this.authority.certificatePem,
      headers: { 'content-type': 'application/json', ...sent.headers },
      ...(client === null ? {} : { key: client.keyPem, cert: client.certificatePem }),
      ...(sent.maxVersion === undefined ? {} : { maxVersion: sent.maxVersion }),
    });
  }

  /** Sends and waits for the whole answer. */
  async send(sent: Sent = {}): Promise<Answer> {
    const text = typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body);
    const bytes = Buffer.from(text ?? '');
    const length = { 'content-length': String(bytes.length) };
    const request = this.open({ ...sent, headers: { ...length, ...sent.headers } });
    const answer = answerOf(request);
    request.end(bytes);
    return answer;
  }
}

/** The whole answer to a request. */
export async function answerOf(request: ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** The certificate of an agent, signed by any authority. */
export function agentCertificate(authority: KeyPair, member: string, enrolment = 1): KeyPair {
  const subject = {
    commonName: memberUser({ member, enrolment }),
    organizations: [membersGroup],
  };
  return issueCertificate(authority, { ...subject, ...valid });
}

const openGate: MemberGate = { admits: () => 'Admitted', onChange: () => undefined };

const storedAll: EvidenceStore['evidence'] = async (_, { devices }) => ({
  stored: devices.length,
  refused: 0,
});

function countInto(counted: string[]): IntakeMetrics {
  return {
    answered: (route, status) => void counted.push(`answered ${route} ${status}`),
    inFlight: (requests, bytes) => void counted.push(`in flight ${requests} ${bytes}`),
    changes: (outcome, count) => void counted.push(`${outcome} ${count}`),
    rejected: (reason) => void counted.push(`rejected ${reason}`),
    heartbeat: (result) => void counted.push(`heartbeat ${result}`),
    evidence: (outcome, count) => void counted.push(`evidence ${outcome} ${count}`),
    skew: (seconds) => void counted.push(`skew ${seconds}`),
    refused: (reason) => void counted.push(`refused ${reason}`),
  };
}
