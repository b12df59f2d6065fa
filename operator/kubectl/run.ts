import type { ConnectionOptions } from './flags.ts';
import type { Session } from './session.ts';

/** Runs one command with a session of the hub; what it returns is the exit code, 0 by default. */
export type Run = (
  options: ConnectionOptions,
  act: (session: Session) => Promise<number | void>,
) => Promise<void>;
