import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { HubAnswer } from '../domain/member/preflight.ts';
import type { Clock } from '../runtime/clock.ts';
import { caBundleOf, type HubRoute } from './agent-credentials.ts';

const timeoutMs = 10_000;
/** The header Date tells whole seconds. */
const dateStepMs = 1_000;

/** Why TLS was refused, in the words of who has to do something about it. */
const tlsFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by a CA that is not in hub.caBundle',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is signed by a CA that is not in hub.caBundle',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by a CA that is not in hub.caBundle',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself and not in hub.caBundle',
  CERT_HAS_EXPIRED: 'its certificate has run out',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: look at the clock of the nodes',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name than that of hub.url',
};

/**
 * Asks the hub's API server for its version, without credentials: any answer shows that the way and
 * TLS are right. Throws with the reason when there is none.
 */
export async function askHub(route: HubRoute, clock: Clock): Promise<HubAnswer> {
  const ca = caBundleOf(route);
  const proxy = route['https-proxy'];
  const agent = new Agent({
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy } }),
  });
  const url = new URL('version', `${route['hub-url'].replace(/\/+$/, '')}/`);
  const [sentMs, startedMs] = [clock.now(), clock.monotonicMs()];
  try {
    const response = await head(url, agent);
    const tookMs = clock.monotonicMs() - startedMs;
    const hubMs = Date.parse(response.headers.date ?? '');
    return {
      status: response.statusCode ?? 0,
      aheadMs: Number.isNaN(hubMs) ? undefined : sentMs + tookMs / 2 - (hubMs + dateStepMs / 2),
      uncertaintyMs: (tookMs + dateStepMs) / 2,
    };
  } catch (error) {
    throw new Error(`${url.host} cannot be reached: ${reasonOf(error)}`, { cause: error });
  } finally {
    agent.destroy();
  }
}

function head(url: URL, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request(url, { agent, method: 'GET', signal }, (response) => {
      response.resume();
      resolve(response);
    });
    sent.once('error', reject);
    sent.end();
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return `no answer within ${timeoutMs / 1000} s`;
  }
  const { code = '' } = error as Error & { code?: string };
  return tlsFaults[code] ?? (error.message === '' ? code : error.message);
}
