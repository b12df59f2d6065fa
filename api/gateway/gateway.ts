import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isGatewayTarget } from '../../operator/domain/gateway/target.ts';
import { Problem } from '../problem.ts';
import { AccessLog } from './access-log.ts';
import { type Admitted, GatewayAdmission, isOfCluster, targetOf } from './admission.ts';
import { askedOf, forward, type ForwardPorts } from './forward.ts';
import { problemOf } from './faults.ts';
import { defaultGatewayLimits } from './limits.ts';
import type { GatewayPorts } from './ports.ts';
import { Record, serviceOf } from './record.ts';
import {
  answerOnce,
  answerProblem,
  cutOff,
  type RenterRequest,
  type RenterResponse,
} from './renter.ts';
import { StreamWatch } from './stream-watch.ts';
import { isWebsocket, serveWebsocket } from './websocket.ts';
import type { GatewayService } from '../../operator/ports/gateway-metrics.ts';

const logSize = { entriesPerCluster: 100, clusters: 2_000 };

/** What answers renters: everything below /clusters/. */
export type Gateway = Readonly<{
  answers: (request: IncomingMessage) => boolean;
  /** Whether it takes the connection for a websocket. */
  upgrades: (request: IncomingMessage) => boolean;
  request: (request: RenterRequest, response: RenterResponse) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, first: Buffer) => void;
}>;

/** The gateway; it holds nothing that has to be closed but what is open. */
export function createGateway(ports: GatewayPorts): Gateway {
  const gateway = new RenterGateway(ports);
  return {
    answers: ({ url }) => isGatewayTarget(url),
    upgrades: (request) => isGatewayTarget(request.url) && isWebsocket(request),
    request: (request, response) => void gateway.request(request, response),
    upgrade: (request, socket, first) => void gateway.upgrade(request, socket, first),
  };
}

class RenterGateway {
  readonly #ports: ForwardPorts;
  readonly #log = new AccessLog(logSize);
  readonly #open = new Map<GatewayService, number>();

  constructor(ports: GatewayPorts) {
    const limits = { ...defaultGatewayLimits, ...ports.limits };
    this.#ports = {
      ...ports,
      limits,
      admission: new GatewayAdmission(ports, limits),
      watch: new StreamWatch(ports.clock, limits),
    };
  }

  async request(request: RenterRequest, response: RenterResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    for (const side of [request, response]) side.on('error', () => undefined);
    const end = (problem: Problem): void => answerProblem(request, response, problem);
    await this.#told(request, gone, end, (record) => this.#answer(request, response, record, gone));
    if (gone.signal.aborted && !response.writableEnded) cutOff(request, response);
  }

  async upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): Promise<void> {
    await serveWebsocket(this.#ports, request, socket, first, (gone, end, work) =>
      this.#told(request, gone, end, work),
    );
  }

  /** Does something of which is told when it has ended. Never throws. */
  async #told(
    request: RenterRequest,
    gone: AbortController,
    answer: (problem: Problem) => void,
    work: (record: Record) => Promise<void>,
  ): Promise<void> {
    const record = new Record(this.#ports, this.#log, request.method ?? '');
    let service: GatewayService | undefined;
    try {
      const target = targetOf(request.url ?? '');
      record.target = target;
      service = serviceOf(target);
      this.#count(service, 1);
      await work(record);
    } catch (error) {
      // What was ended on purpose has its reason; a renter who is gone is told nothing.
      if (record.problem === undefined && !gone.signal.aborted) {
        record.problem = problemOf(error, this.#ports.logger);
      }
      if (record.problem !== undefined) answer(record.problem);
    } finally {
      if (service !== undefined) this.#count(service, -1);
      record.end();
    }
  }

  async #answer(
    request: RenterRequest,
    response: RenterResponse,
    record: Record,
    gone: AbortController,
  ): Promise<void> {
    const { target } = record;
    if (target === undefined) throw new Error('the target is read first');
    const admitted = await this.#ports.admission.admit(askedOf(request), target);
    record.user = admitted.caller.username;
    try {
      gone.signal.throwIfAborted();
      if (isOfCluster(target) && !isUnfinished(request, target)) {
        await forward(this.#ports, { request, response, record, target, admitted, gone });
      } else if (target.service === 'access-log') {
        await this.#tell(request, response, record, admitted);
      } else {
        redirect(request, response, record);
      }
    } finally {
      admitted.leave();
    }
  }

  /** The newest requests to the cluster, for who may read what it serves. */
  async #tell(
    request: RenterRequest,
    response: RenterResponse,
    record: Record,
    { caller }: Admitted,
  ): Promise<void> {
    const { target } = record;
    if (target === undefined) return;
    onlyReading(request);
    const { namespace, name } = target;
    if (this.#ports.clusters.find(namespace, name) === undefined) {
      await this.#ports.admission.tellNothing(caller, target);
    }
    const entries = this.#log.of(`${namespace}/${name}`);
    record.status = 200;
    response.statusCode = 200;
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'no-store');
    answerOnce(request, response, `${JSON.stringify({ gateway: this.#ports.id, entries })}\n`);
  }

  #count(service: GatewayService, change: 1 | -1): void {
    const count = (this.#open.get(service) ?? 0) + change;
    this.#open.set(service, count);
    this.#ports.metrics.open(service, count);
  }
}

/** `…/dashboard` without the slash that its relative links need. */
function isUnfinished(
  { url = '', method }: RenterRequest,
  { prefix }: { prefix: string },
): boolean {
  return url.split('?', 1)[0] === prefix && (method === 'GET' || method === 'HEAD');
}

function redirect(request: RenterRequest, response: RenterResponse, record: Record): void {
  const { target } = record;
  if (target === undefined) return;
  onlyReading(request);
  const { service, prefix } = target;
  const query = /\?.*$/.exec(request.url ?? '')?.[0] ?? '';
  record.status = 302;
  response.statusCode = 302;
  response.setHeader('location', `${prefix}/${service === 'index' ? 'dashboard/' : ''}${query}`);
  response.setHeader('cache-control', 'no-store');
  answerOnce(request, response, '');
}

function onlyReading({ method }: RenterRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new Problem(405, 'MethodNotAllowed', 'the gateway answers GET and HEAD here');
}
