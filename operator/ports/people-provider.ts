/** What a provider says of somebody who signed in there. */
export type Identified = Readonly<{
  /** By which the provider knows them, always the same. */
  subject: string;
  /** As people call them. */
  name?: string | undefined;
  groups: readonly string[];
}>;

/** What makes one sign-in another one than all others; none of it is told to the provider but hashed. */
export type SignInSecrets = Readonly<{ state: string; nonce: string; verifier: string }>;

/** An OpenID Connect provider, by the authorization code flow with PKCE. */
export type PeopleProvider = Readonly<{
  /** What people know it as. */
  name: string;
  /** Where people are sent to. Throws ProviderUnavailableError. */
  signInUrl: (redirectUri: string, secrets: SignInSecrets) => Promise<string>;
  /**
   * Who came back. `callback` is the whole URL that they came back with. Throws SignInRefusedError, or
   * ProviderUnavailableError.
   */
  identify: (callback: string, secrets: SignInSecrets) => Promise<Identified>;
}>;

/** The provider does not answer: try again later. */
export class ProviderUnavailableError extends Error {
  override readonly name = 'ProviderUnavailableError';
}

/** The provider, or what it said, does not let this sign-in through. */
export class SignInRefusedError extends Error {
  override readonly name = 'SignInRefusedError';
}
