import { CommanderError } from 'commander';
import { systemClock } from '../runtime/clock.ts';
import { version } from '../version.ts';
import { complete } from './completion/complete.ts';
import { adviceOn } from './advice.ts';
import { progressOn } from './output/progress.ts';
import { buildProgram } from './program.ts';
import type { Run } from './run.ts';
import type { Session, Terminal } from './session.ts';
import { UsageError } from './usage-error.ts';

/**
 * `kubectl io …`: what renters do with their clusters and administrators about their members, with
 * the rights of the person's own kubeconfig. Gives the exit code: 0 done, 1 failed, 2 not
 * understood, or that of the job that was waited for.
 */
export async function runKubectl(args: readonly string[], signal: AbortSignal): Promise<number> {
  const terminal = terminalOf(signal);
  const code = await codeOf(args, terminal);
  // What a pipe has not taken yet is to arrive before the process ends.
  await terminal.write('');
  return code;
}

async function codeOf(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const run: Run = async (options, act) => {
    code = (await withSession(terminal, options, act)) ?? 0;
  };
  const program = buildProgram(run, terminal);
  try {
    if (args[0] === '__complete') {
      terminal.print(
        await complete(program, args.slice(1), (options, act) =>
          withSession(terminal, options, act),
        ),
      );
      return 0;
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    terminal.progress.end();
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.tell(adviceOn(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function withSession<T>(
  terminal: Terminal,
  { kubeconfig, context }: Readonly<{ kubeconfig?: string; context?: string }>,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  // Half of the time that help takes otherwise.
  const [{ ApiClient }, { loadKubeConfig, serverOf }, { bearerTokenOf, namespaceOf }] =
    await Promise.all([
      import('../runtime/api-client.ts'),
      import('../runtime/kube-config.ts'),
      import('../runtime/kube-user.ts'),
    ]);
  const kubeConfig = loadKubeConfig(kubeconfig, context);
  const client = new ApiClient({ kubeConfig, userAgent: `kubectl-io/${version}` });
  try {
    return await act({
      ...terminal,
      client,
      server: serverOf(kubeConfig),
      namespace: namespaceOf(kubeConfig),
      bearer: () => bearerTokenOf(kubeConfig),
    });
  } finally {
    await client.close();
  }
}

function terminalOf(signal: AbortSignal): Terminal {
  const { stdout, stderr, env } = process;
  // `kubectl io logs … | head`: who reads has enough, and that is no fault.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  return {
    clock: systemClock,
    signal,
    env,
    progress: progressOn(stderr),
    print: (text) => void stdout.write(`${text.trimEnd()}\n`),
    tell: (text) => void stderr.write(`${text}\n`),
    write: (text) =>
      new Promise((resolve) => {
        stdout.write(text, () => resolve());
      }),
  };
}
