import { type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import { type MemberIdentity, memberOfUser } from '../../domain/member/identity.ts';
import type { Credentials, CredentialStore } from '../../ports/credential-store.ts';
import type { MemberKeys } from '../../ports/member-keys.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger, messageOf } from '../../runtime/logger.ts';
import { acknowledge, orderCertificate } from './certificate-request.ts';
import { invitationFault, JoinError } from './join-error.ts';
import { stateMember } from './statement.ts';

export type JoinOptions = Readonly<{
  /** Whom the agent was told to be. */
  identity: MemberIdentity;
  /** What the data centre says of itself: fields of IOMember.spec. */
  statement: Readonly<Record<string, unknown>>;
  store: CredentialStore;
  keys: MemberKeys;
  signerName: string;
  lifetimeSeconds: number;
  /** The hub with the token of the invitation. Throws JoinError when there is none. */
  invited: () => Promise<ApiClient>;
  clock: Clock;
  logger: Logger;
  /** Between two looks at the hub; default 2,000. */
  pollMs?: number;
}>;

const defaultPollMs = 2_000;
/** RBAC and accounts that were just made reach an API server that late. */
const newInvitationMs = 15_000;
const remindEveryMs = 60_000;

/** What is stored for this member, of whatever enrolment, while it has not run out. */
export async function heldCredentials(
  options: JoinOptions,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const { store, keys, clock } = options;
  const { current } = await untilAnswered(options, () => store.read(signal), signal);
  if (current === undefined || enrolmentOf(current, options) === undefined) return undefined;
  const { notAfterMs = 0 } = keys.readCertificate(current.certificatePem) ?? {};
  return notAfterMs > clock.now() ? current : undefined;
}

/**
 * The agent's credentials: those that are stored or, of an agent that has none for this invitation, new
 * ones. May take as long as people take. What was begun before a crash is gone on with.
 * @throws JoinError with what somebody has to do
 */
export async function joinHub(options: JoinOptions, signal: AbortSignal): Promise<Credentials> {
  const { store, identity, keys, logger } = options;
  const held = await heldCredentials(options, signal);
  const stored = await untilAnswered(options, () => store.read(signal), signal);
  const last = stored.current === undefined ? 0 : (enrolmentOf(stored.current, options) ?? 0);
  if (last >= identity.enrolment) {
    if (held !== undefined) return held;
    throw new JoinError(
      'CertificateLost',
      'the certificate of this agent has run out: ' +
        `kubectl io member invite ${identity.member} makes a new invitation`,
    );
  }
  const keyPem =
    stored.next?.enrolment === identity.enrolment ? stored.next.keyPem : keys.createKey();
  const next = { keyPem, enrolment: identity.enrolment };
  // Stored before the hub hears of it, so that a crash costs no invitation.
  await untilAnswered(options, () => store.write({ ...stored, next }, signal), signal);
  const hub = await options.invited();
  try {
    const certificatePem = await askToJoin(options, hub, keyPem, signal);
    const current = { keyPem, certificatePem };
    await untilAnswered(options, () => store.write({ current }, signal), signal);
    logger.info({ ...identity }, 'the agent has joined: its certificate is stored');
    await acknowledge(hub, identity, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // The hub hears of it by the first heartbeat as well.
      logger.debug(errorFields(error), 'the hub was not told that the certificate arrived');
    });
    return current;
  } finally {
    await hub.close();
  }
}

/** Which enrolment credentials are of; undefined: they are of no use to this member. */
function enrolmentOf(current: Credentials, { keys, identity }: JoinOptions): number | undefined {
  const found = memberOfUser(keys.readCertificate(current.certificatePem)?.commonName ?? '');
  return isPair(current, keys) && found?.member === identity.member ? found.enrolment : undefined;
}

function isPair({ keyPem, certificatePem }: Credentials, keys: MemberKeys): boolean {
  try {
    return keys.readCertificate(certificatePem)?.keySha256 === keys.digestOfKey(keyPem);
  } catch {
    // Somebody wrote something else into the Secret.
    return false;
  }
}

/** Goes on through everything that passes by itself. */
async function askToJoin(
  options: JoinOptions,
  hub: ApiClient,
  keyPem: string,
  signal: AbortSignal,
): Promise<string> {
  const { identity, keys, clock, logger, pollMs = defaultPollMs } = options;
  const begunMs = clock.monotonicMs();
  const reminder = new Reminder(options, hub, keys.digestOfKey(keyPem));
  const { signerName, lifetimeSeconds, statement } = options;
  const order = { hub, named: identity, identity, keyPem, signerName, lifetimeSeconds };
  for (;;) {
    try {
      await stateMember(hub, identity.member, statement, { logger, signal });
      const waiting = (isApproved: boolean) => reminder.waiting(isApproved, signal);
      return await orderCertificate(order, { keys, clock, pollMs }, waiting, signal);
    } catch (error) {
      signal.throwIfAborted();
      const fault = invitationFault(error, identity.member);
      const isNew = clock.monotonicMs() - begunMs < newInvitationMs;
      if (fault !== undefined && !isNew) throw fault;
      if (!(error instanceof ApiError) || (fault === undefined && !error.isTransient)) throw error;
      logger.warn(errorFields(error), 'the hub does not take the request yet');
    }
    await sleep(clock, pollMs, signal);
    signal.throwIfAborted();
  }
}

/** Says what the agent waits for, when that changes and from time to time. */
class Reminder {
  readonly #options: JoinOptions;
  readonly #hub: ApiClient;
  readonly #keySha256: string;
  #said = '';
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: JoinOptions, hub: ApiClient, keySha256: string) {
    this.#options = options;
    this.#hub = hub;
    this.#keySha256 = keySha256;
  }

  async waiting(isApproved: boolean, signal: AbortSignal): Promise<void> {
    const { identity, clock, logger, signerName } = this.#options;
    const member = await this.#hub.get(ioMemberResource, identity.member, undefined, { signal });
    const what = isApproved
      ? `its certificate: ${signerName} has to sign it`
      : want(member, identity);
    const nowMs = clock.monotonicMs();
    if (what === this.#said && nowMs - this.#saidAtMs < remindEveryMs) return;
    [this.#said, this.#saidAtMs] = [what, nowMs];
    const fields = { ...identity, keySha256: this.#keySha256 };
    logger.info(fields, `the agent waits for ${what}`);
  }
}

/** What an administrator of the hub has to do. */
function want(member: IOMember | undefined, { member: name, enrolment }: MemberIdentity): string {
  const accept = `kubectl io member accept ${name}`;
  if (member === undefined) return `its IOMember ${name}, which was deleted: ask for an invitation`;
  const { spec } = member;
  if (spec.denied) return `an administrator of the hub, who denied this member: ${accept}`;
  if (!spec.accepted) return `an administrator of the hub to accept it: ${accept}`;
  if (spec.enrolment < enrolment) {
    return `an administrator of the hub to let its new key in: ${accept}`;
  }
  return 'the hub to answer: is io-operator hub running there?';
}

/** The member's own API server may be away for a while; what it refuses is told at once. */
async function untilAnswered<T>(
  { clock, logger, pollMs = defaultPollMs }: JoinOptions,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiError && error.isTransient)) {
        throw new Error(`the credentials cannot be kept: ${messageOf(error)}`, { cause: error });
      }
      logger.warn(errorFields(error), 'the credentials cannot be reached yet');
    }
    await sleep(clock, pollMs, signal);
    signal.throwIfAborted();
  }
}
