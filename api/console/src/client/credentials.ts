/**
 * The token of who signed in with one. It lives in this variable only: a reload forgets it. A session
 * of a wallet or of OIDC is a cookie that no script can read.
 */
let token: string | undefined;

const signedOutListeners = new Set<() => void>();

export const setToken = (next: string | undefined): void => {
  token = next;
};

export const hasToken = (): boolean => token !== undefined;

/** The header of who signed in with a token; empty for a cookie. */
export const authorization = (): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Called when the API no longer knows who asks. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function tellSignedOut(): void {
  token = undefined;
  signedOutListeners.forEach((listener) => listener());
}
