import { isTunnelService, type TunnelService } from '../tunnel/services.ts';

/** What a path under /clusters/ asks for. */
export type GatewayTarget = Readonly<{
  namespace: string;
  name: string;
  /** `index`: the cluster itself. */
  service: TunnelService | 'access-log' | 'index';
  /** Path and query as the service sees them; `/` for what the gateway answers itself. */
  path: string;
  /** Path of the service at the gateway, without a slash at its end. */
  prefix: string;
}>;

/** Why a path names nothing. */
export type TargetFault = Readonly<{ reason: 'BadPath' | 'NotFound'; message: string }>;

const root = '/clusters/';
const maxTargetLength = 8_192;
const namespacePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const namePattern = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** Whether the gateway answers it, be it only to refuse it. */
export const isGatewayTarget = (target: string | undefined): boolean =>
  target !== undefined && /^\/clusters(?:[/?]|$)/.test(target);

/**
 * Reads the target of a request line. Nothing is decoded or put right: what cannot mean the same to the
 * gateway, the agent and the service behind it is refused.
 */
export function readTarget(target: string): GatewayTarget | TargetFault {
  const [path, query] = split(target);
  const fault = targetFault(target) ?? pathFault(path);
  if (fault !== undefined) return bad(fault);
  if (!path.startsWith(root)) return notFound();
  const [namespace = '', name = '', ...rest] = path.slice(root.length).split('/');
  if (!namespacePattern.test(namespace) || !namePattern.test(name)) return notFound();
  return readService({ namespace, name, prefix: `${root}${namespace}/${name}` }, rest, query);
}

function readService(
  cluster: Pick<GatewayTarget, 'namespace' | 'name' | 'prefix'>,
  [service = '', ...rest]: readonly string[],
  query: string,
): GatewayTarget | TargetFault {
  // A path that begins with two slashes names a host to some of those that read it.
  const isDoubled = service === '' ? rest.length > 0 : rest.length > 1 && rest[0] === '';
  if (isDoubled) return bad('the path has // in it');
  if (service === '') return { ...cluster, service: 'index', path: '/' };
  const prefix = `${cluster.prefix}/${service}`;
  if (service === 'access-log' && rest.length === 0) {
    return { ...cluster, service, path: '/', prefix };
  }
  if (!isTunnelService(service)) return notFound();
  return { ...cluster, service, path: `/${rest.join('/')}${query}`, prefix };
}

function split(target: string): readonly [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark)];
}

function targetFault(target: string): string | undefined {
  if (target.length > maxTargetLength) {
    return `path and query have more than ${maxTargetLength} characters`;
  }
  return /[^\x21-\x7e]|#/.test(target)
    ? 'path and query hold a character that has to be percent-encoded'
    : undefined;
}

/** What makes a path mean one thing here and another there. */
function pathFault(path: string): string | undefined {
  if (path.includes('\\')) return 'the path has a backslash in it';
  if (!path.includes('%')) return hasDots(path) ? dots : undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return 'a % in the path is not followed by the encoding of a character in UTF-8';
  }
  // oxlint-disable-next-line no-control-regex -- those are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(decoded)) return 'the path has a control character in it';
  if (decoded.includes('\\')) return 'the path has a backslash in it';
  // Encoded twice, it is decoded by somebody twice.
  if (/%(?:2e|2f|5c|00)/i.test(decoded)) return 'the path is percent-encoded twice';
  return hasDots(decoded) ? dots : undefined;
}

const dots = 'the path has . or .. as a segment';
const hasDots = (path: string): boolean => /(?:^|\/)\.{1,2}(?:;[^/]*)?(?:\/|$)/.test(path);

const bad = (message: string): TargetFault => ({ reason: 'BadPath', message });
const notFound = (): TargetFault => ({
  reason: 'NotFound',
  message:
    'there is nothing at this path; there is /clusters/<namespace>/<name>/ with ' +
    'dashboard/, serve/, client/ and access-log',
});
