import type { IncomingHttpHeaders } from 'node:http';

/** Names of this machine that a program on it uses for a port of its own. */
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$/i;

/**
 * Why a request to a local port is refused; undefined: it comes from a program of this machine. The
 * port adds the person's token, so a page of another site must not reach it: neither under a name of
 * its own that leads here (DNS rebinding, seen in Host), nor from a browser tab (Origin).
 */
export function refusalOf(method: string, headers: IncomingHttpHeaders): string | undefined {
  const host = headers.host ?? headers[':authority'];
  if (typeof host !== 'string' || !localHost.test(host)) {
    return 'this port is for localhost only: open it as http://localhost or http://127.0.0.1';
  }
  const { origin } = headers;
  if (origin !== undefined && !isOrigin(origin, host)) {
    return 'pages of other sites may not use this port';
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') {
    // A link that somebody follows shows a page and does nothing else.
    const isLink =
      headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
    if (!isLink) return 'pages of other sites may not use this port';
  }
  return undefined;
}

function isOrigin(origin: string, host: string): boolean {
  return origin.toLowerCase() === `http://${host.toLowerCase()}`;
}
