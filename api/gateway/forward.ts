import { Http2ServerRequest } from 'node:http2';
import { headersForCluster, headersForRenter } from '../../operator/domain/gateway/headers.ts';
import type { TunnelAnswer, TunnelRequest } from '../../operator/ports/tunnel.ts';
import { Problem } from '../problem.ts';
import {
  type Admitted,
  type Asked,
  checkLease,
  type ClusterTarget,
  type GatewayAdmission,
  type Route,
} from './admission.ts';
import { isTunnelLost } from './faults.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewayPorts } from './ports.ts';
import type { Record } from './record.ts';
import {
  answerProblem,
  answerWith,
  hasBody,
  type RenterRequest,
  type RenterResponse,
} from './renter.ts';
import type { StreamWatch, WatchedStream } from './stream-watch.ts';

export type ForwardPorts = Omit<GatewayPorts, 'limits'> &
  Readonly<{ limits: GatewayLimits; admission: GatewayAdmission; watch: StreamWatch }>;

type Exchange = Readonly<{
  request: RenterRequest;
  response: RenterResponse;
  record: Record;
  target: ClusterTarget;
  admitted: Admitted;
  gone: AbortController;
}>;

export const askedOf = ({ method = '', url = '', headers }: RenterRequest): Asked => ({
  ...{ method, url, headers },
});

/** Sends a request to the cluster and its answer back. Throws what became of it instead. */
export async function forward(ports: ForwardPorts, exchange: Exchange): Promise<void> {
  const { request, response, record, target, admitted } = exchange;
  if (target.service === 'client' && !(request instanceof Http2ServerRequest)) {
    throw new Problem(426, 'Http2Required', 'Ray Client speaks gRPC: connect with HTTP/2');
  }
  const asked = askedOf(request);
  const route = await ports.admission.route(admitted, asked, target);
  // The listener's own limit is for requests that are answered at once.
  if (!(request instanceof Http2ServerRequest)) request.socket.setTimeout(0);
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  const unwatch = ports.watch.add(watched(ports, exchange, route));
  try {
    const answer = await answerOf(ports, exchange, route);
    record.status = answer.status;
    const { prefix, path } = target;
    await answerWith(request, response, {
      ...answer,
      headers: headersForRenter(answer.headers, { prefix, path, method: asked.method }),
      meter: record.down,
    });
  } catch (error) {
    throw await ports.admission.explained(error, admitted, asked, target);
  } finally {
    unwatch();
    request.unpipe(record.up);
    record.up.destroy();
  }
}

function watched(
  { limits, clusters }: ForwardPorts,
  { request, response, record, target, admitted, gone }: Exchange,
  { lease }: Route,
): WatchedStream {
  const { up, down } = record;
  const isLong = target.service === 'client';
  return {
    ...{ up, down },
    idleMs: isLong ? limits.longIdleMs : limits.idleMs,
    timedBody: !isLong && hasBody(request),
    recheck: async () => {
      checkLease(clusters, target, lease);
      await admitted.recheck();
    },
    end: (problem) => {
      record.problem = problem;
      answerProblem(request, response, problem);
      gone.abort();
    },
  };
}

async function answerOf(
  { tunnels }: ForwardPorts,
  { request, record, target, gone }: Exchange,
  { lease, member, tunnel }: Route,
): Promise<TunnelAnswer> {
  const { service, path } = target;
  const { method = '', headers } = request;
  const { signal } = gone;
  const sent: TunnelRequest = {
    ...{ lease, service, method, path, signal },
    headers: headersForCluster(headers),
    ...(hasBody(request) ? { body: bodyOf(request, record) } : {}),
  };
  try {
    return checked(await tunnel.request(sent));
  } catch (error) {
    const isSafe = (method === 'GET' || method === 'HEAD') && sent.body === undefined;
    const other = isSafe && isTunnelLost(error) ? tunnels.open(member) : undefined;
    if (other === undefined || other === tunnel) throw error;
    return checked(await other.request(sent));
  }
}

/** The body as it comes; it is destroyed when the renter goes away in the middle of it. */
function bodyOf(request: RenterRequest, { up }: Record): Record['up'] {
  up.on('error', () => undefined);
  request.once('close', () => {
    if (!request.complete) up.destroy();
  });
  request.pipe(up);
  return up;
}

function checked(answer: TunnelAnswer): TunnelAnswer {
  if (answer.status >= 200 && answer.status <= 599) return answer;
  answer.body.destroy();
  throw new Problem(502, 'HeadFailed', `the cluster answered with the status ${answer.status}`);
}
