import { endToEnd } from '../tunnel/headers.ts';

/** Names in lower case; a name that comes twice has a list. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Of a request, what the data centre does not get: who the renter is, where they are, and the names that
 * their namespace and cluster have at the hub.
 */
const renters = new Set([
  'referer',
  'forwarded',
  'via',
  'from',
  'origin-agent-cluster',
  'x-real-ip',
  'x-original-url',
  'x-rewrite-url',
]);

/** Of an answer, what would hold for all clusters, since they share the gateway's origin. */
const wholeOrigin = new Set([
  'alt-svc',
  'clear-site-data',
  'nel',
  'public-key-pins',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'strict-transport-security',
]);

/**
 * Cookies by which services know a bearer, of which the agent brings what they need; and those of the
 * console, which is on the same host.
 */
const credentialCookies = new Set([
  'authorization',
  'ray-authentication-token',
  '__host-io-session',
  '__secure-io-session',
  '__host-io-oidc',
  '__secure-io-oidc',
]);

/** The headers of a request as the cluster gets them. */
export function headersForCluster(headers: Headers): Headers {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(endToEnd(headers))) {
    if (renters.has(name) || name.startsWith('x-forwarded-')) continue;
    if (name !== 'cookie') {
      kept[name] = value;
      continue;
    }
    const cookies = cookiesForCluster([value].flat().join('; '));
    if (cookies !== '') kept[name] = cookies;
  }
  return kept;
}

/** The headers of a cluster's answer as the renter gets them, with paths under `prefix`. */
export function headersForRenter(
  headers: Headers,
  { prefix, path, method }: Readonly<{ prefix: string; path: string; method: string }>,
): Headers {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(endToEnd(headers))) {
    if (wholeOrigin.has(name)) continue;
    if (name === 'location' || name === 'content-location') {
      const located = locationUnder(prefix, path, [value].flat()[0] ?? '');
      if (located !== undefined) kept[name] = located;
    } else if (name === 'set-cookie') {
      kept[name] = [value].flat().map((cookie) => cookieUnder(prefix, cookie));
    } else {
      kept[name] = value;
    }
  }
  kept['cache-control'] = cacheControl([headers['cache-control'] ?? []].flat().join(', '), method);
  return kept;
}

function cookiesForCluster(cookies: string): string {
  return cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => {
      const name = cookie.split('=', 1)[0] ?? '';
      return cookie !== '' && !credentialCookies.has(name.trim().toLowerCase());
    })
    .join('; ');
}

/** A cookie that comes back to this service of this cluster only, and over TLS only. */
function cookieUnder(prefix: string, cookie: string): string {
  const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
  let path = '/';
  const kept = attributes.filter((attribute) => {
    const [name = '', value = ''] = attribute.split('=', 2);
    const lower = name.trim().toLowerCase();
    if (lower === 'path' && value.startsWith('/')) path = value;
    return !['path', 'domain', 'secure', ''].includes(lower);
  });
  return [pair, `Path=${prefix}${path}`, 'Secure', ...kept].join('; ');
}

/** Names by which a service knows itself; nobody else can reach them. */
const ownHost = /^(localhost|[^.]+|.*\.svc|.*\.local|[0-9.]+|\[.*\])$/;
const dummyOrigin = 'http://service.invalid';

/** Undefined: a browser should not be sent there. */
function locationUnder(prefix: string, path: string, location: string): string | undefined {
  const url = URL.parse(location, `${dummyOrigin}${path}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (url.origin !== dummyOrigin && !ownHost.test(url.hostname)) return location;
  return `${prefix}${url.pathname}${url.search}${url.hash}`;
}

/** What needed a bearer is for its browser alone, and what says nothing is asked for anew. */
function cacheControl(stated: string, method: string): string {
  const directives = stated
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => {
      const name = directive.split('=', 1)[0]?.toLowerCase() ?? '';
      return !['', 'public', 'private', 's-maxage', 'proxy-revalidate'].includes(name);
    });
  if (directives.length > 0) return ['private', ...directives].join(', ');
  return method === 'GET' || method === 'HEAD' ? 'private, no-cache' : 'no-store';
}
