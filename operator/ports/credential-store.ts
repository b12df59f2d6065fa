/** A key and its certificate, PEM. */
export type Credentials = Readonly<{ keyPem: string; certificatePem: string }>;

/** What an agent keeps of itself, whatever becomes of its machine. */
export type StoredCredentials = Readonly<{
  /** What the agent is known by; undefined: it has not joined. */
  current?: Credentials | undefined;
  /** A key for which a certificate is being asked for, and the enrolment that it is of. */
  next?: Readonly<{ keyPem: string; enrolment: number }> | undefined;
}>;

/** Both throw when the store does not answer. */
export type CredentialStore = Readonly<{
  read: (signal: AbortSignal) => Promise<StoredCredentials>;
  /** Replaces everything, all or nothing. */
  write: (credentials: StoredCredentials, signal: AbortSignal) => Promise<void>;
}>;
