import { join, relative } from 'node:path';
import { binaryPath } from '../federation/cache.ts';
import { examplePath } from '../federation/examples.ts';
import type { Federation } from '../federation/index.ts';
import type { Operator } from '../federation/operator.ts';

/** What was found out while the demo ran: who runs the example, and who may sign in to the console. */
export type Found = Readonly<{ member: string; person: string }>;

/** The last words of the demo: where the console is, and commands that a person can paste. */
export function whatToTry(
  { kubeconfigPath, runDirectory }: Federation,
  { money }: Pick<Operator, 'money'>,
  { member, person }: Found,
): string {
  const bundle = join(runDirectory, 'operator', 'io-operator.mjs');
  const month = new Date().toISOString().slice(0, 7);
  const training = relative(process.cwd(), examplePath('training-16-gpus'));
  const scale = `[{"op":"replace","path":"/spec/workerGroups/0/replicas","value":3}]`;
  return `
It goes on running. The console, with a certificate that the demo signed itself:

  https://127.0.0.1:${money?.apiPort ?? ''}/console/
  kubectl create token ${person}     # prints a token to sign in with: renter and suppliers in one

To look around from here:

  export KUBECONFIG=${kubeconfigPath}
  alias kubectl=${binaryPath('kubectl')}

  kubectl get iom,iod,ioc,iop -A            # members, devices, clusters, placements
  kubectl describe ioc smallest             # its conditions and events
  kubectl explain ioc.spec.workerGroups     # every field is described
  kubectl apply -f ${training}
  kubectl patch ioc smallest --type=json -p '${scale}'
  kubectl get ioc -w
  kubectl --context ${member} get rayclusters,pods -A

  alias io-operator='${process.execPath} ${bundle}'
  io-operator kubectl member list           # as kubectl io member list, with kubectl-io in the PATH
  io-operator kubectl member drain ${member} --deadline 2m

  kubectl get ioa -A                        # accounts: what they can spend, hold and earned
  export IO_DATABASE_URL_FILE=${money?.readerUrlFile ?? ''}
  io-operator statement --account default/renter --month ${month}
  io-operator audit                         # every charge and balance, computed again

  make down                                 # ends all of it
`;
}
