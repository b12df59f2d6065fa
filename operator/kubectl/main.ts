import { ApiClient } from '../runtime/api-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { loadKubeConfig, serverOf } from '../runtime/kube-config.ts';
import { messageOf } from '../runtime/logger.ts';
import { version } from '../version.ts';
import { type Command, parseCommand, textFlag, usage, UsageError, type Verb } from './arguments.ts';
import { invite } from './invite.ts';
import { drain, remove } from './leave.ts';
import { list } from './list.ts';
import type { Session } from './session.ts';
import { accept, cordon, deny, revoke, uncordon } from './verdict.ts';

const verbs: Readonly<Record<Verb, (session: Session, command: Command) => Promise<void>>> = {
  ...{ invite, accept, deny, revoke, cordon, uncordon, drain, remove, list },
};

/**
 * `kubectl io …`: what an administrator of a hub does about its members, with the rights of the
 * person's own kubeconfig. Gives the exit code: 0 done, 1 failed, 2 not understood.
 */
export async function runKubectl(args: readonly string[], signal: AbortSignal): Promise<number> {
  const print = (text: string): void => void process.stdout.write(`${text.trimEnd()}\n`);
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    const command = parseCommand(args);
    if (command === 'help') print(usage);
    else await run(command, { clock: systemClock, signal, print, tell });
    return 0;
  } catch (error) {
    tell(messageOf(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(
  command: Command,
  base: Pick<Session, 'clock' | 'signal' | 'print' | 'tell'>,
): Promise<void> {
  const kubeConfig = loadKubeConfig(textFlag(command, 'kubeconfig'), textFlag(command, 'context'));
  const userAgent = `kubectl-io/${version}`;
  const client = new ApiClient({ kubeConfig, userAgent });
  try {
    await verbs[command.verb]({ ...base, client, server: serverOf(kubeConfig) }, command);
  } finally {
    await client.close();
  }
}
