import { Command } from 'commander';
import { version } from '../version.ts';
import { addClusterCommands } from './clusters/commands.ts';
import { addCompletionCommand } from './completion/commands.ts';
import { addForwardCommand } from './forward/commands.ts';
import { addJobCommands } from './jobs/commands.ts';
import { addMemberCommands } from './member/commands.ts';
import type { Run } from './run.ts';
import type { Terminal } from './session.ts';

/** All commands. What is not understood throws a CommanderError; nothing here ends the process. */
export function buildProgram(run: Run, { print, tell }: Pick<Terminal, 'print' | 'tell'>): Command {
  const program = new Command('kubectl io')
    .description('Ray clusters on rented GPUs: what they cost, where they stand, and their jobs.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for what it takes)')
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => tell(text.trimEnd()),
    })
    .addHelpText('after', examples);
  addClusterCommands(program, run);
  addJobCommands(program, run);
  addForwardCommand(program, run);
  addMemberCommands(program, run);
  addCompletionCommand(program, print);
  return program;
}

const examples = `
Examples:
  kubectl io quote -f cluster.yaml                     # what would it cost, and could it start now?
  kubectl apply -f cluster.yaml
  kubectl io status first --watch                      # until it is ready
  kubectl io jobs submit first --working-dir . -- python train.py
  kubectl io port-forward first dashboard client       # http://127.0.0.1:8265, ray://127.0.0.1:10001
  kubectl io spend

Exit codes: 0 done, 1 failed, 2 not understood; jobs submit ends with the exit code of the job.`;
