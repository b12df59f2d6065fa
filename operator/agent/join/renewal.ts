import { memberOfUser } from '../../domain/member/identity.ts';
import { renewAtMs } from '../../domain/member/join.ts';
import type { Credentials, CredentialStore } from '../../ports/credential-store.ts';
import type { MemberKeys } from '../../ports/member-keys.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { exponentialMs } from '../../runtime/backoff.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { acknowledge, orderCertificate } from './certificate-request.ts';

export type RenewalOptions = Readonly<{
  hub: ApiClient;
  current: Credentials;
  store: CredentialStore;
  keys: MemberKeys;
  signerName: string;
  lifetimeSeconds: number;
  /** Makes the clients of this process use the new credentials. */
  renewed: (credentials: Credentials) => void;
  clock: Clock;
  logger: Logger;
  pollMs?: number;
}>;

const backoff = { baseMs: 5_000, maximumMs: 300_000 };
/** The hub approves a renewal at once; one that takes longer is asked about again later. */
const answerWithinMs = 60_000;
/** Wall clocks are set: nobody sleeps longer than this without looking. */
const longestSleepMs = 3_600_000;

/** Renews the agent's certificate with a new key, when 20 to 25 % of its life are left. */
export function renewal(options: RenewalOptions): Runnable {
  const { clock, logger, keys } = options;
  return {
    name: 'credential-renewal',
    run: async (signal) => {
      let current = options.current;
      let failures = 0;
      while (!signal.aborted) {
        const waitMs = dueInMs(current, keys, clock.now());
        if (waitMs > 0) {
          await sleep(clock, Math.min(waitMs, longestSleepMs), signal);
          continue;
        }
        try {
          current = await renew(options, current, signal);
          failures = 0;
          logger.info({ validUntil: validUntil(current, keys) }, 'the certificate is renewed');
        } catch (error) {
          if (signal.aborted) return;
          const fields = { ...errorFields(error), validUntil: validUntil(current, keys) };
          logger.warn(fields, 'the certificate is not renewed yet');
          await sleep(clock, exponentialMs(failures, backoff), signal);
          failures += 1;
        }
      }
    },
  };
}

const dueInMs = ({ certificatePem }: Credentials, keys: MemberKeys, nowMs: number): number => {
  const certificate = keys.readCertificate(certificatePem);
  return certificate === undefined ? 0 : renewAtMs(certificate) - nowMs;
};

const validUntil = ({ certificatePem }: Credentials, keys: MemberKeys): string =>
  new Date(keys.readCertificate(certificatePem)?.notAfterMs ?? 0).toISOString();

async function renew(
  options: RenewalOptions,
  current: Credentials,
  stop: AbortSignal,
): Promise<Credentials> {
  const { hub, store, keys, signerName, lifetimeSeconds, clock, pollMs = 1_000 } = options;
  const identity = memberOfUser(keys.readCertificate(current.certificatePem)?.commonName ?? '');
  if (identity === undefined) throw new Error('the certificate of the agent cannot be read');
  const stored = await store.read(stop);
  const isBegun = stored.next?.enrolment === identity.enrolment;
  const keyPem = isBegun ? (stored.next?.keyPem ?? '') : keys.createKey();
  const next = { keyPem, enrolment: identity.enrolment };
  if (!isBegun) await store.write({ current, next }, stop);
  const named = { member: identity.member, enrolment: 'renewal' as const };
  const order = { hub, named, identity, keyPem, signerName, lifetimeSeconds };
  const limit = new AbortController();
  const give = (): void => limit.abort(stop.aborted ? stop.reason : new Error('no answer in time'));
  stop.addEventListener('abort', give, { once: true });
  const cancel = clock.setTimeout(give, answerWithinMs);
  try {
    const tools = { keys, clock, pollMs };
    const certificatePem = await orderCertificate(order, tools, async () => {}, limit.signal);
    const credentials = { keyPem, certificatePem };
    await store.write({ current: credentials }, stop);
    options.renewed(credentials);
    await acknowledge(hub, named, stop).catch((error: unknown) =>
      options.logger.debug(errorFields(error), 'the hub was not told that the certificate arrived'),
    );
    return credentials;
  } finally {
    cancel();
    stop.removeEventListener('abort', give);
  }
}
