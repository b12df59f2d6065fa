import { spawn } from 'node:child_process';
import { UserError } from '../federation/user-error.ts';

const TAIL_BYTES = 4_096;
const TAIL_LINES = 8;

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly withinMs: number;
  /** Default false: another exit code than 0 is an error. */
  readonly mayFail?: boolean;
};

/** Runs a program and returns what it printed; a failure is one message with the end of what it said. */
export function command(
  program: string,
  args: readonly string[],
  { cwd, env, withinMs, mayFail = false }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(withinMs);
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      signal,
    });
    let [out, tail] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      tail = (tail + chunk.toString()).slice(-TAIL_BYTES);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-TAIL_BYTES);
    });
    const failed = (what: string): void => {
      const said = tail.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
      reject(new UserError(`${program} ${args[0] ?? ''} ${what}:\n${said}`));
    };
    child.once('error', ({ message }) =>
      failed(signal.aborted ? `took longer than ${withinMs / 1000} s` : message),
    );
    child.once('close', (code, killedBy) => {
      if (code === 0 || (mayFail && code !== null)) resolve(out);
      else failed(`ended with ${code ?? killedBy}`);
    });
  });
}
