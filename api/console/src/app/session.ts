import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { hasToken, onSignedOut, setToken } from '../client/credentials.ts';
import { api } from '../client/fetch.ts';
import { ApiProblem } from '../client/problem.ts';
import { readSetting, writeSetting } from '../design/setting.ts';
import { useSetting } from './use-setting.ts';

/** An account that who is signed in may see. */
export type AccountChoice = Readonly<{
  namespace: string;
  name: string;
  kind: 'Renter' | 'Supplier' | 'Both';
}>;

/** Who is signed in. */
export type Session = Readonly<{
  username: string;
  via: 'token' | 'wallet' | 'oidc';
  wallet?: string | undefined;
  displayName: string;
  accounts: readonly AccountChoice[];
  namespaces: readonly string[];
}>;

/** What the installation is called and how one signs in. */
export type SiteInfo = Readonly<{
  name: string;
  chainId: string;
  explorerUrlTemplate?: string | undefined;
  walletSignIn: boolean;
  oidc?: Readonly<{ name: string; loginPath: string }> | undefined;
  gatewayUrl?: string | undefined;
}>;

type SessionState = Readonly<{
  status: 'loading' | 'anonymous' | 'signedIn';
  session: Session | undefined;
  error: unknown;
  refetch: () => unknown;
}>;

const sessionKey = ['session'];
/** What is asked for without being anybody; it may stay when one signs out. */
const publicKinds: readonly unknown[] = ['site', 'network', 'epoch', 'public', 'session'];
const channelName = 'io-session';
/** Says that there may be a cookie, which no script sees; who never signed in is not asked about. */
const hintKey = 'io.signed-in';
const namespaceKey = 'io.namespace';

/** Who is signed in, in this tab. */
export function useSession(): SessionState {
  const { data, error, refetch } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => sessionOf(signal),
    staleTime: 60_000,
  });
  const status = data === undefined ? 'loading' : data === null ? 'anonymous' : 'signedIn';
  return { status, session: data ?? undefined, error, refetch };
}

/** Nobody is an answer too: null. */
async function sessionOf(signal: AbortSignal): Promise<Session | null> {
  if (!hasToken() && readSetting(hintKey) !== 'yes') return null;
  try {
    return await api<Session>('/session', { signal });
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

/** Forgets what only who was signed in may see. */
function forget(client: QueryClient): void {
  writeSetting(hintKey, 'no');
  writeSetting(namespaceKey, '');
  client.setQueryData(sessionKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => !publicKinds.includes(queryKey[0]) });
}

/** Signing out, of every tab. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    const byToken = hasToken();
    setToken(undefined);
    try {
      // A token is forgotten here; a cookie has to be taken back by who gave it.
      if (!byToken) await api('/session', { method: 'DELETE' });
    } finally {
      forget(client);
      tellOtherTabs('signed-out');
    }
  }, [client]);
}

/** To be called after a sign-in went well. */
export function useSignedIn(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    if (!hasToken()) expectCookie();
    await client.invalidateQueries({ queryKey: sessionKey });
    if (!hasToken()) tellOtherTabs('signed-in');
  }, [client]);
}

/** To be called before who signs in is sent elsewhere, and comes back with a cookie. */
export const expectCookie = (): void => writeSetting(hintKey, 'yes');

/** Signs in with a token: kept if the API knows it, and told why not otherwise. */
export async function signInWithToken(token: string): Promise<void> {
  setToken(token);
  try {
    await api<Session>('/session');
  } catch (error) {
    setToken(undefined);
    throw error;
  }
}

function tellOtherTabs(what: 'signed-in' | 'signed-out'): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(what);
  channel.close();
}

/** Follows the session of other tabs, and the API when it no longer knows who asks. Once, in the shell. */
export function useSessionSync(): void {
  const client = useQueryClient();
  useEffect(() => {
    const channel = new BroadcastChannel(channelName);
    channel.addEventListener('message', ({ data }) => {
      if (data === 'signed-out') {
        setToken(undefined);
        forget(client);
      } else if (!hasToken()) {
        void client.invalidateQueries({ queryKey: sessionKey });
      }
    });
    const stop = onSignedOut(() => forget(client));
    return () => {
      channel.close();
      stop();
    };
  }, [client]);
}

/** How the installation is set up; undefined until it is known. */
export function useSite(): SiteInfo | undefined {
  return useQuery({
    queryKey: ['site'],
    queryFn: ({ signal }) => api<SiteInfo>('/site', { signal }),
    staleTime: 10 * 60_000,
  }).data;
}

/** The account that was chosen in the header; the first one before that. */
export function useAccount(): [AccountChoice | undefined, (account: AccountChoice) => void] {
  const { session } = useSession();
  const [chosen, choose] = useSetting('io.account');
  const accounts = session?.accounts ?? [];
  const account =
    accounts.find(({ namespace, name }) => `${namespace}/${name}` === chosen) ?? accounts[0];
  return [account, ({ namespace, name }) => choose(`${namespace}/${name}`)];
}

/** The namespace that was chosen, whether it is known or not; else that of the account. */
export function useNamespace(): [string | undefined, (namespace: string) => void] {
  const { session } = useSession();
  const [account] = useAccount();
  const [chosen, choose] = useSetting(namespaceKey);
  const namespaces = namespacesOf(session);
  const own = chosen === '' ? undefined : chosen;
  return [own ?? account?.namespace ?? namespaces[0], choose];
}

/** All namespaces that the session knows of. */
export function namespacesOf(session: Session | undefined): readonly string[] {
  if (session === undefined) return [];
  const names = [...session.namespaces, ...session.accounts.map(({ namespace }) => namespace)];
  return [...new Set(names)].toSorted();
}
