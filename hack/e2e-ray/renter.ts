import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { World } from '../federation/world.ts';

const LINES_KEPT = 400;

/** What a program said, and how it ended. */
export type Ran = { readonly code: number | null; readonly lines: readonly string[] };

export type RunOptions = {
  readonly withinMs: number;
  /** Called with each line as it comes, of stdout and stderr. */
  readonly onLine?: (line: string) => void;
  /** Ends the program. */
  readonly signal?: AbortSignal;
};

/** Runs a program and collects its last lines; it is killed after `withinMs`. */
export function run(
  program: string,
  args: readonly string[],
  { withinMs, onLine, signal }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const deadline = AbortSignal.timeout(withinMs);
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > LINES_KEPT) lines.shift();
        onLine?.(line);
      });
    }
    child.once('error', (error) => {
      if (deadline.aborted) {
        reject(new Error(`${args.slice(0, 4).join(' ')} took too long:\n${lines.join('\n')}`));
      } else if (signal?.aborted === true) resolve({ code: null, lines });
      else reject(error);
    });
    child.once('close', (code) => resolve({ code, lines }));
  });
}

export type Person = {
  readonly namespace: string;
  readonly account: string;
  /** Undefined: it may do nothing. */
  readonly role?: string;
  /** The operator's, of which `kubectl io` is a part. */
  readonly bundle: string;
};

/** A person who rents: a ServiceAccount with the role `edit` in one namespace, and `kubectl io`. */
export class Renter {
  readonly namespace: string;
  readonly #world: World;
  readonly #account: string;
  readonly #bundle: string;

  private constructor(world: World, { namespace, account, bundle }: Person) {
    this.#world = world;
    this.namespace = namespace;
    this.#account = account;
    this.#bundle = bundle;
  }

  /** Makes the ServiceAccount. */
  static async create(world: World, person: Person): Promise<Renter> {
    const { namespace, account, role } = person;
    const objects = [
      { ...{ apiVersion: 'v1', kind: 'ServiceAccount' }, metadata: { name: account, namespace } },
      ...(role === undefined ? [] : [roleBinding(namespace, account, role)]),
    ];
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await world.mustKubectl(['apply', '-f', '-'], list);
    return new Renter(world, person);
  }

  /** `kubectl io …` against the cluster of this name, through the gateway, as this person. */
  io(args: readonly string[], options: RunOptions): Promise<Ran> {
    const { federation, operator } = this.#world;
    const { money } = operator;
    if (money === undefined) throw new Error('the product was started without an api');
    const split = args.indexOf('--');
    const [words, command] = split < 0 ? [args, []] : [args.slice(0, split), args.slice(split)];
    const flags = [
      `--kubeconfig=${federation.hub.adminKubeconfigPath}`,
      ...['--namespace', this.namespace, '--service-account', this.#account],
      `--gateway-ca=${money.authority}`,
    ];
    return run(
      process.execPath,
      [this.#bundle, 'kubectl', ...words, ...flags, ...command],
      options,
    );
  }

  /** The same, and a failure is an error with what it said. */
  async mustIo(args: readonly string[], options: RunOptions): Promise<readonly string[]> {
    const { code, lines } = await this.io(args, options);
    if (code === 0) return lines;
    const said = lines.slice(-12).join('\n');
    throw new Error(`kubectl io ${args.slice(0, 3).join(' ')} ended with ${code}:\n${said}`);
  }
}

const roleBinding = (namespace: string, account: string, role: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: account, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
});
