import { type Command, InvalidArgumentError } from 'commander';
import { durationValue, memberName, urlValue, withConnection, withOutput } from '../flags.ts';
import type { ConnectionOptions, OutputOptions } from '../flags.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { invite, type InviteOptions } from './invite.ts';
import { drain, type LeaveOptions, remove } from './leave.ts';
import { list } from './list.ts';
import { accept, cordon, deny, revoke, uncordon } from './verdict.ts';

/** What commander read; each verb has options of its own among them. */
type VerbOptions = InviteOptions & LeaveOptions & Readonly<{ key?: string; member?: boolean }>;
type Act = (session: Session, name: string, options: VerbOptions) => Promise<void>;

/** `kubectl io member …`: what an administrator of a hub does about its members. */
export function addMemberCommands(program: Command, run: Run): void {
  const members = program
    .command('member')
    .description('Data centres: invite, let in, drain and remove them (for administrators).')
    .addHelpText('after', examples);
  const verb = (usage: string, description: string, act: Act): Command =>
    withConnection(members.command(usage))
      .argument('<name>', 'name of the member', memberName)
      .description(description)
      .action((name: string, options: VerbOptions & ConnectionOptions) =>
        run(options, (session) => act(session, name, options)),
      );
  verb('invite', 'Print the Helm values with which one agent may ask to join.', invite)
    .option('--ttl <duration>', 'how long it may ask, 10m to 48h; 1h by default', durationValue)
    .option('--enrolment <number>', 'the enrolment to ask for; the next by default', enrolmentValue)
    .option('--hub-url <url>', "the hub's API server; as in the kubeconfig by default", urlValue)
    .option('--hub-ca <file>', 'certificates in PEM that it is checked against')
    .option('--api-url <url>', 'where usage is sent to', urlValue);
  verb('accept', 'Let a member in, with the key that its agent asks for.', accept).option(
    '--key <digest>',
    'only with this key, as the agent logs it: sha256:…',
  );
  verb('deny', 'Do not let a member in, or no longer.', deny);
  verb('revoke', "Put the key of a member's agent out: it has to join anew.", revoke).option(
    '--member',
    'put the member itself out, whatever its key',
  );
  verb('cordon', 'Place nothing new there.', cordon);
  verb('uncordon', 'Place there again; ends a drain.', uncordon);
  withLeaving(verb('drain', 'Take all leases off a member.', drain));
  withLeaving(verb('remove', 'Drain a member, settle and forget it.', remove));
  withOutput(withConnection(members.command('list')))
    .description('All members, with what they offer and the key that each asks with.')
    .action((options: ConnectionOptions & OutputOptions) =>
      run(options, (session) => list(session, options.output)),
    );
}

const withLeaving = (command: Command): Command =>
  command
    .option('--deadline <duration>', 'when what is left is released, such as 10m', durationValue)
    .option('--wait', 'wait until it is done')
    .option('--timeout <duration>', 'how long to wait; 1h by default', durationValue);

function enrolmentValue(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) {
    throw new InvalidArgumentError('It must be a number from 1 to 999999.');
  }
  return Number(text);
}

const examples = `
Examples:
  kubectl io member invite fra-1 --api-url https://api.example.org > fra-1.yaml
  kubectl io member accept fra-1 --key sha256:…
  kubectl io member drain fra-1 --deadline 10m --wait
  kubectl io member list -o wide`;
