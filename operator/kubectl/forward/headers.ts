import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** What is for one hop only (RFC 9110, section 7.6.1), in HTTP/1.1 and before. */
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
]);
/** The person's own token takes the place of any other; the far end names itself. */
const neverForwarded = new Set(['authorization', 'host', 'expect']);

/** Headers of a request of a local program, as they go to the gateway. */
export function outboundHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = namedIn(headers.connection);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) =>
        value !== undefined &&
        !name.startsWith(':') &&
        !hopByHop.has(name) &&
        !neverForwarded.has(name) &&
        !named.has(name),
    ),
  );
}

/** Headers of an answer of the gateway, as a local program gets them: paths without the prefix. */
export function inboundHeaders(headers: IncomingHttpHeaders, base: URL): OutgoingHttpHeaders {
  const named = namedIn(headers.connection);
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || hopByHop.has(name) || named.has(name))
      continue;
    kept[name] = value;
  }
  // It would hold for all of localhost.
  delete kept['strict-transport-security'];
  if (headers.location !== undefined) kept['location'] = localLocation(headers.location, base);
  const cookies = headers['set-cookie'];
  if (cookies !== undefined)
    kept['set-cookie'] = cookies.map((cookie) => localCookie(cookie, base));
  return kept;
}

/** A path below `base` is one below the root here; what leads elsewhere stays as it is. */
function localLocation(location: string, base: URL): string {
  if (!URL.canParse(location, base.href)) return location;
  const url = new URL(location, base);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return location;
  return `/${url.pathname.slice(base.pathname.length)}${url.search}${url.hash}`;
}

/** The path as above; without `Secure` and `Domain`, since here it is plain HTTP on localhost. */
function localCookie(cookie: string, base: URL): string {
  return cookie
    .split(';')
    .filter((part, index) => index === 0 || !/^\s*(secure|domain=.*)$/i.test(part))
    .map((part) => {
      const [, path] = /^\s*path=(.*)$/i.exec(part) ?? [];
      if (path === undefined || !`${path}/`.startsWith(base.pathname)) return part;
      return ` Path=/${path.slice(base.pathname.length)}`;
    })
    .join(';');
}

const namedIn = (connection: string | undefined): ReadonlySet<string> =>
  new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
