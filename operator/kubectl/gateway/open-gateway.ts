import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { type IOCluster, ioClusterResource } from '../../../crds/schema/index.ts';
import type { GatewayOptions } from '../flags.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { GatewayClient } from './gateway-client.ts';
import { tokenSource } from './token.ts';

/** Runs with a connection to the gateway of one IOCluster, and closes it. */
export async function withGateway<T>(
  session: Session,
  name: string,
  options: GatewayOptions,
  act: (gateway: GatewayClient) => Promise<T>,
): Promise<T> {
  const namespace = options.namespace ?? session.namespace;
  const base = options.gateway ?? (await endpointOf(session, namespace, name));
  const gateway = new GatewayClient(
    {
      base: baseOf(base, namespace, name),
      clusterName: name,
      tokens: tokenSource(session, namespace, options.serviceAccount),
      ca: trusted(session, options.gatewayCa),
      env: session.env,
    },
    session.clock,
  );
  try {
    return await act(gateway);
  } finally {
    gateway.close();
  }
}

/** Throws, with a hint, when there is none. */
export async function clusterOf(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  namespace: string,
  name: string,
): Promise<IOCluster> {
  const cluster = await client.get(ioClusterResource, name, namespace, { signal });
  if (cluster === undefined) {
    throw new Error(
      `there is no IOCluster ${name} in namespace ${namespace}: kubectl io list -A shows those ` +
        'that are; -n names another namespace',
    );
  }
  return cluster;
}

async function endpointOf(session: Session, namespace: string, name: string): Promise<string> {
  const { status } = await clusterOf(session, namespace, name);
  if (status?.endpoint !== undefined) return status.endpoint;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') {
    throw new Error(
      `${name} is ready, but this hub says nothing of its gateway: name it by --gateway URL`,
    );
  }
  throw new Error(
    `${name} is not ready: ${ready?.message ?? 'the hub has not seen it yet.'}\n` +
      `kubectl io status ${name} --watch waits for it.`,
  );
}

/** Where one cluster is; `text` may be the gateway alone. */
function baseOf(text: string, namespace: string, name: string): URL {
  const url = new URL(text);
  if (url.protocol !== 'https:') {
    throw new UsageError(`${text}: the gateway is spoken to by https only`);
  }
  const path = `/clusters/${namespace}/${name}/`;
  if (!`${url.pathname}/`.includes(path)) url.pathname = url.pathname.replace(/\/*$/, path);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

/** What everybody trusts, what the kubeconfig trusts for the hub itself, and what was named. */
function trusted({ server }: Session, path: string | undefined): string[] {
  return [
    ...getCACertificates('default'),
    ...(server.caBundle === undefined ? [] : [server.caBundle]),
    ...(path === undefined ? [] : [certificatesIn(path)]),
  ];
}

function certificatesIn(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UsageError(`--gateway-ca ${path}: must be a file with certificates in PEM`);
  }
  return text;
}
