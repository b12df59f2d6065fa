import { maxGateways } from './limits.ts';
import { isTunnelService, type TunnelService } from './services.ts';

/** The ALPN protocol of connections that carry a tunnel. */
export const tunnelProtocol = 'io-tunnel/1';

/** The first request on a tunnel: the gateway says which one it is. */
export const helloPath = '/.io/hello';

export const tunnelHeader = {
  lease: 'x-io-lease',
  service: 'x-io-service',
  gatewayId: 'x-io-gateway-id',
  gatewayCount: 'x-io-gateway-count',
  /** On an answer of the agent itself: why there is none of the head. */
  refusal: 'x-io-refusal',
  /** A trailer: without it a body was cut off, however its stream ended. */
  end: 'x-io-end',
} as const;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** For one hop only (RFC 9110, 7.6.1), or said anew by each hop. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What somebody is known by. A renter's is the hub's business, Ray's token is the agent's. */
const credentials: ReadonlySet<string> = new Set(['authorization', 'x-ray-authorization']);

/** Said by whoever does the websocket's handshake on this hop. */
const handshake: ReadonlySet<string> = new Set([
  'sec-websocket-accept',
  'sec-websocket-key',
  'sec-websocket-version',
]);

/**
 * Headers that go from one end to the other: no pseudo header, none for one hop, none that
 * `connection` names, no credential, and none of the tunnel's own.
 */
export function endToEnd(headers: Headers): Record<string, string | string[]> {
  const named = new Set(listOf(headers['connection']));
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (value === undefined || key.startsWith(':') || key.startsWith('x-io-')) continue;
    if (hopByHop.has(key) || credentials.has(key) || named.has(key)) continue;
    kept[key] = typeof value === 'string' ? value : [...value];
  }
  return kept;
}

/** The same for a websocket, whose handshake is each hop's own. */
export function websocketHeaders(headers: Headers): Record<string, string | string[]> {
  const kept = Object.entries(endToEnd(headers)).filter(
    ([name]) => !handshake.has(name) && name !== 'content-length',
  );
  return Object.fromEntries(kept);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  const texts = value === undefined ? [] : [value].flat();
  return texts.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase());
}

export type Hello = Readonly<{ gateway: string; count: number }>;

/** Undefined: it is no hello that can be believed. */
export function helloOf(headers: Headers): Hello | undefined {
  const gateway = headers[tunnelHeader.gatewayId];
  const count = headers[tunnelHeader.gatewayCount];
  if (typeof gateway !== 'string' || !isGatewayId(gateway)) return undefined;
  if (typeof count !== 'string' || !/^[1-9][0-9]{0,3}$/.test(count)) return undefined;
  return { gateway, count: Math.min(Number(count), maxGateways) };
}

export const isGatewayId = (id: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,126})$/.test(id);

/** For what a request is; undefined: it does not say so in the form that it has to. */
export function targetOf(
  headers: Headers,
): Readonly<{ lease: string; service: TunnelService }> | undefined {
  const lease = headers[tunnelHeader.lease];
  const service = headers[tunnelHeader.service];
  if (typeof lease !== 'string' || !/^lease-[0-9a-f]{16}$/.test(lease)) return undefined;
  return isTunnelService(service) ? { lease, service } : undefined;
}

const methods = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT)$/;

/** Whether a request may go on as it is: to a path of the head, and with a method that it may have. */
export const isSendable = (method: unknown, path: unknown): boolean =>
  typeof method === 'string' &&
  methods.test(method) &&
  typeof path === 'string' &&
  /^\/[\x21-\x7e]*$/.test(path);
