import { type IOMember, ioMemberResource } from '../../crds/schema/index.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Progress } from './output/progress.ts';

/** The field manager of what a person changes by kubectl io. */
export const manager = 'compute.io.net/kubectl-io';

/** Where a command writes, and when it has to end. */
export type Terminal = Readonly<{
  clock: Clock;
  signal: AbortSignal;
  /** What is asked for, on stdout, with its line's end. */
  print: (text: string) => void;
  /** The same as it is, waiting while nobody reads. */
  write: (text: string) => Promise<void>;
  /** What a person should know, on stderr. */
  tell: (text: string) => void;
  progress: Progress;
  /** For proxies. */
  env: Readonly<Record<string, string | undefined>>;
}>;

/** What a command works with: the hub, with the rights of the person, and where to write. */
export type Session = Terminal &
  Readonly<{
    client: ApiClient;
    /** The hub's API server as the kubeconfig has it. */
    server: Readonly<{ url: string; caBundle?: string }>;
    /** The namespace that the context names. */
    namespace: string;
    /** The bearer token of the kubeconfig's user; undefined: it authenticates otherwise. */
    bearer: () => Promise<string | undefined>;
  }>;
/** Throws, with a hint, when there is none. */
export async function memberOf({ client }: Session, name: string): Promise<IOMember> {
  const member = await client.get(ioMemberResource, name);
  if (member === undefined) {
    throw new Error(`there is no IOMember ${name}: kubectl io member list shows those that are`);
  }
  return member;
}

/** How often a change is decided anew because the object was changed meanwhile. */
const maximumAttempts = 5;

/**
 * Changes the spec of a member to what `change` makes of the member as it is; undefined leaves it.
 * What was decided on is what is changed: another's change meanwhile makes it decided anew.
 */
export async function changeMember(
  session: Session,
  name: string,
  change: (member: IOMember) => Readonly<Record<string, unknown>>,
): Promise<IOMember> {
  for (let attempt = 1; ; attempt += 1) {
    const member = await memberOf(session, name);
    const { resourceVersion, uid } = member.metadata;
    const patch = { metadata: { resourceVersion, uid }, spec: change(member) };
    try {
      return await session.client.mergePatch(ioMemberResource, name, undefined, patch, { manager });
    } catch (error) {
      const isLate = error instanceof ApiError && error.isConflict;
      if (!isLate || attempt === maximumAttempts) throw error;
    }
  }
}

/** RFC 3339 in whole seconds. */
export const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
