import type { IncomingHttpHeaders } from 'node:http';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that a browser sent with a cookie may come from another site, and would change
 * something. Browsers say where a request comes from; who says nothing is not believed.
 * @param origins of this site, such as `https://api.example.com`
 */
export function isCrossSite(
  method: string,
  headers: IncomingHttpHeaders,
  origins: ReadonlySet<string>,
): boolean {
  if (safe.has(method)) return false;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined) return !origins.has(origin.toLowerCase());
  return site !== 'same-origin';
}

/** The origins that a request to this site can have: how it is known, and how it was asked. */
export function originsOf(
  domain: string,
  { host, ':authority': authority }: IncomingHttpHeaders,
): ReadonlySet<string> {
  const asked = typeof authority === 'string' ? authority : host;
  return new Set(
    [domain, asked].flatMap((name) => (name === undefined ? [] : [originOf(name.toLowerCase())])),
  );
}

/** Browsers leave the usual port out. */
export const originOf = (host: string): string => `https://${host.replace(/:443$/, '')}`;

/**
 * A path of this site to go on to after signing in. Undefined for anything that a browser could take
 * for another site, such as `//evil.example` or `/\evil.example`.
 */
export function localPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 2_048) return undefined;
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text) ? text : undefined;
}
