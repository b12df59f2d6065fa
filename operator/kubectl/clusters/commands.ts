import type { Command } from 'commander';
import { durationValue, objectName, withNamespace, withOutput } from '../flags.ts';
import type { ConnectionOptions, OutputOptions } from '../flags.ts';
import type { Run } from '../run.ts';
import { list, type WhereOptions } from './list.ts';
import { quote, type QuoteOptions } from './quote.ts';
import { spend, type SpendOptions } from './spend.ts';
import { status, type StatusOptions } from './status.ts';

/** What a renter asks about IOClusters. */
export function addClusterCommands(program: Command, run: Run): void {
  withOutput(withNamespace(program.command('quote')))
    .argument('[name]', 'name of an IOCluster', objectName)
    .description('What an IOCluster costs or would cost, and whether it could start now.')
    .option('-f, --filename <file>', 'file with IOClusters that need not be there; - is stdin')
    .addHelpText('after', quoteExamples)
    .action((name: string | undefined, options: QuoteOptions & ConnectionOptions) =>
      run(options, (session) => quote(session, name, options)),
    );
  withOutput(withNamespace(program.command('list')))
    .alias('ls')
    .description('Your IOClusters: where they are, what they cost and have cost.')
    .option('-A, --all-namespaces', 'of all namespaces')
    .addHelpText('after', listExamples)
    .action((options: WhereOptions & ConnectionOptions & OutputOptions) =>
      run(options, (session) => list(session, options)),
    );
  withOutput(withNamespace(program.command('status')), ['table', 'json', 'yaml', 'name'])
    .argument('<name>', 'name of the IOCluster', objectName)
    .description('Where an IOCluster stands: stages, place in the queue, cost, events.')
    .option('-w, --watch', 'tell each change until it is ready; exit code 1 when it never will be')
    .option('--timeout <duration>', 'how long to watch, such as 10m', durationValue)
    .addHelpText('after', statusExamples)
    .action((name: string, options: StatusOptions & ConnectionOptions) =>
      run(options, (session) => status(session, name, options)),
    );
  withOutput(withNamespace(program.command('spend')))
    .description('What your IOClusters have cost so far, as the hub told last.')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--by-day', 'what the leases that run now cost a day, about')
    .addHelpText('after', spendExamples)
    .action((options: SpendOptions & ConnectionOptions) =>
      run(options, (session) => spend(session, options)),
    );
}

const quoteExamples = `
The hub is asked with a suspended copy of the IOCluster, which is deleted again: it takes no device
and no money, and needs the right to create and delete ioclusters.

Examples:
  kubectl io quote -f cluster.yaml
  kubectl io quote first -o json
  cat cluster.yaml | kubectl io quote -f -`;

const listExamples = `
Examples:
  kubectl io list
  kubectl io list -A -o wide`;

const statusExamples = `
Examples:
  kubectl io status first
  kubectl io status first --watch --timeout 10m && kubectl io jobs submit first -- python main.py`;

const spendExamples = `
Examples:
  kubectl io spend -A
  kubectl io spend --by-day -o json`;
