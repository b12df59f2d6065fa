import type { Operator } from '../federation/operator.ts';
import { logTail } from '../federation/process.ts';

const LINES = 6;
const COLUMNS = 300;

/** The ends of the logs of hub, agents and api, for whoever has to find out why a stage failed. */
export function logTails({ hubs, agents, money }: Operator): readonly string[] {
  const processes = [...hubs, ...agents, ...(money === undefined ? [] : [money.api])];
  return processes.flatMap(({ name, logPath }) => {
    const lines = logTail(logPath, LINES).split('\n');
    const title = `the end of the log of ${name}, ${logPath}:`;
    return [title, ...lines.map((line) => `  ${line.slice(0, COLUMNS)}`)];
  });
}
