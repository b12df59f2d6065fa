import type { Command } from 'commander';
import { objectName, withGateway } from '../flags.ts';
import type { GatewayOptions } from '../flags.ts';
import { withGateway as usingGateway } from '../gateway/open-gateway.ts';
import type { Run } from '../run.ts';
import { forwardOf, portForward } from './port-forward.ts';

/** `kubectl io port-forward`: ports of this machine that lead into a cluster. */
export function addForwardCommand(program: Command, run: Run): void {
  withGateway(program.command('port-forward'))
    .argument('<name>', 'name of the IOCluster', objectName)
    .argument('[services...]', 'dashboard, serve or client, each as SERVICE[:PORT]', ['dashboard'])
    .description('Open ports of this machine that lead to a Ray cluster, until Ctrl-C.')
    .addHelpText('after', examples)
    .action((name: string, services: string[], options: GatewayOptions) =>
      run(options, (session) => {
        const forwards = services.map(forwardOf);
        return usingGateway(session, name, options, (gateway) =>
          portForward(session, gateway, forwards),
        );
      }),
    );
}

const examples = `
The ports are on 127.0.0.1 only. Whoever can use this machine can use them: they act as you.

Examples:
  kubectl io port-forward first
  ray job submit --address http://127.0.0.1:8265 --working-dir . -- python train.py

  kubectl io port-forward first client
  python -c 'import ray; ray.init("ray://127.0.0.1:10001")'

  kubectl io port-forward first serve:0        # a free port; its line says which`;
