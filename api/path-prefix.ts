import type { IncomingMessage } from 'node:http';

/**
 * Takes the path that a site is below off the target of a request. What comes without it is left as it
 * is: agents do not know of it, and some proxies take it off themselves.
 */
export function withoutPrefix(request: Pick<IncomingMessage, 'url'>, prefix: string): void {
  const { url } = request;
  if (prefix === '' || url === undefined || !url.startsWith(prefix)) return;
  const rest = url.slice(prefix.length);
  if (rest === '' || rest.startsWith('?')) request.url = `/${rest}`;
  else if (rest.startsWith('/')) request.url = rest;
}
