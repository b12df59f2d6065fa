import type { Session } from '../session.ts';

/** Tokens of a kubeconfig are read anew after this long: exec plugins and files rotate them. */
const kubeconfigLifetimeMs = 60_000;
const requestedSeconds = 3_600;

/** Gives the bearer token for the gateway, fresh enough for the next request. */
export type TokenSource = Readonly<{ current: () => Promise<string>; forget: () => void }>;

/**
 * The token of the kubeconfig or, with `serviceAccount`, one that the hub makes for that account.
 * It is kept in memory only.
 */
export function tokenSource(
  session: Pick<Session, 'client' | 'clock' | 'bearer' | 'signal'>,
  namespace: string,
  serviceAccount: string | undefined,
): TokenSource {
  const { clock } = session;
  let kept: Readonly<{ token: string; untilMs: number }> | undefined;
  const read = async (): Promise<{ token: string; untilMs: number }> => {
    if (serviceAccount !== undefined) return ofAccount(session, namespace, serviceAccount);
    const token = await session.bearer();
    if (token === undefined) throw new Error(noToken(namespace));
    return { token, untilMs: clock.now() + kubeconfigLifetimeMs };
  };
  return {
    async current() {
      if (kept === undefined || clock.now() >= kept.untilMs) kept = await read();
      return kept.token;
    },
    forget() {
      kept = undefined;
    },
  };
}

async function ofAccount(
  { client, clock, signal }: Pick<Session, 'client' | 'clock' | 'signal'>,
  namespace: string,
  name: string,
): Promise<{ token: string; untilMs: number }> {
  const { token, expirationTimestamp } = await client.serviceAccountToken(
    ...([name, namespace, requestedSeconds, { signal }] as const),
  );
  const leftMs = Date.parse(expirationTimestamp) - clock.now();
  return { token, untilMs: clock.now() + leftMs * 0.8 };
}

const noToken = (namespace: string): string =>
  'this kubeconfig authenticates without a token, and the gateway takes tokens only.\n' +
  'Act as a ServiceAccount that may use the cluster: --service-account NAME. To make one:\n' +
  `  kubectl -n ${namespace} create serviceaccount ray-user\n` +
  `  kubectl -n ${namespace} create rolebinding ray-user --clusterrole=edit ` +
  `--serviceaccount=${namespace}:ray-user`;
