import { parseArgs } from 'node:util';
import { binaryPath } from './federation/cache.ts';
import { startFederation } from './federation/index.ts';
import { runDirectoryOf } from './federation/paths.ts';
import { runMain } from './federation/user-error.ts';

const INTERRUPTED = 130;

/** `make up`: hub and members without the operator; they run until `make down`. */
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: 'demo' },
      'without-kuberay': { type: 'boolean', default: false },
    },
  });
  process.once('SIGINT', () => {
    process.stderr.write(
      '\ninterrupted: make down removes what has started, make up starts anew\n',
    );
    process.exit(INTERRUPTED);
  });
  const started = performance.now();
  const federation = await startFederation({
    runDirectory: runDirectoryOf(values.name),
    kubeRay: !values['without-kuberay'],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const lines = [
    `${federation.members.length + 1} clusters are ready after ${seconds} s; make down ends them.`,
    ...[federation.hub, ...federation.members.map(({ controlPlane }) => controlPlane)].map(
      ({ name, server }) => `  ${name.padEnd(14)} ${server}`,
    ),
    '',
    `export KUBECONFIG=${federation.kubeconfigPath}`,
    `${binaryPath('kubectl')} config get-contexts`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
});
