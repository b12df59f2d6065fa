import { runKubectl } from './main.ts';

/** The program `kubectl-io` of the npm package of that name. */
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => stop.abort(new Error(name)));
}
// A connection that does not close in time must not keep the program.
process.exit(await runKubectl(process.argv.slice(2), stop.signal));
