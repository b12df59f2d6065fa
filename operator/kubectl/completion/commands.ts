import { Argument, type Command } from 'commander';
import { scripts } from './scripts.ts';

type Shell = keyof typeof scripts;

/** `kubectl io completion`: prints the script of a shell. */
export function addCompletionCommand(program: Command, print: (text: string) => void): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .description('Print completion for kubectl-io; kubectl completes kubectl io by itself.')
    .addHelpText('after', examples)
    .action((shell: Shell) => print(scripts[shell]));
}

const examples = `
kubectl 1.26 and newer complete "kubectl io" too, as long as kubectl_complete-io lies in the PATH, and
kubectl's own completion is loaded.

Examples:
  source <(kubectl io completion bash)
  kubectl io completion fish > ~/.config/fish/completions/kubectl-io.fish`;
