import { eventually } from '../../operator/testing/eventually.ts';
import { type Federation, type FederationOptions, startFederation } from '../federation/index.ts';
import { type OperatorOptions, startOperator } from '../federation/operator.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { World } from '../federation/world.ts';
import { apiWrites, total } from './api-writes.ts';

const INTERRUPTED = 130;
/**
 * Four API servers and etcds share few cores. Letting their heaps grow takes a quarter off what
 * each write costs them, and memory is not what a bench machine lacks.
 */
const GOGC = '400';
const QUIET_WITHIN_MS = 600_000;
const QUIET_POLL_MS = 1_000;
/** Looks in a row at which nothing was written. */
const QUIET_LOOKS = 3;
const MAXIMUM_IDLE_WRITES = 2;

/** Runs `work` with a federation and the product on it, and leaves nothing behind. */
export async function withWorld<T>(
  options: Omit<FederationOptions, 'runDirectory'> & {
    readonly operator?: OperatorOptions;
    /** Of each program in Go: it collects garbage more often before it needs more. Default: none. */
    readonly goMemoryLimit?: string;
  },
  work: (world: World) => Promise<T>,
): Promise<T> {
  const { operator = {}, goMemoryLimit = 'off', ...federationOptions } = options;
  process.env['GOGC'] ??= GOGC;
  const restore = withEnvironment('GOMEMLIMIT', process.env['GOMEMLIMIT'] ?? goMemoryLimit);
  const runDirectory = await ownedRunDirectory('bench');
  let federation: Federation | undefined;
  const abandon = (): void => {
    const stopped = federation?.stop() ?? Promise.resolve();
    void stopped.finally(() => process.exit(INTERRUPTED));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abandon);
  try {
    federation = await startFederation({ ...federationOptions, runDirectory });
    const world = new World(federation, await startOperator(federation, operator));
    try {
      return await work(world);
    } finally {
      await world.close();
    }
  } finally {
    await federation?.stop();
    restore();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, abandon);
  }
}

/** Sets a variable for the processes that are started from here, and returns how to undo it. */
function withEnvironment(name: string, value: string): () => void {
  const before = process.env[name];
  process.env[name] = value;
  return () => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  };
}

/** Returns when the product has nothing left to write; counts of members go on, now and then. */
export async function untilQuiet({ operator }: World): Promise<void> {
  let before = -1;
  let quiet = 0;
  await eventually(
    async () => {
      const now = total(await apiWrites([...operator.hubs, ...operator.agents]));
      quiet = now - before <= MAXIMUM_IDLE_WRITES ? quiet + 1 : 0;
      before = now;
      if (quiet < QUIET_LOOKS) throw new Error(`hub and agents still write, ${now} times so far`);
    },
    { withinMs: QUIET_WITHIN_MS, everyMs: QUIET_POLL_MS },
  );
}
