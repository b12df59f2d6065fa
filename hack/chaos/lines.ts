import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ComponentSpec } from '../federation/components.ts';
import { writePrivate } from '../federation/pki.ts';
import { hubHostBehindLine, Line } from './line.ts';

const FLAG = /^--([a-z-]+)=(.*)$/s;
const OUTSIDE = 'https://127.0.0.1:';
const BEHIND = `https://${hubHostBehindLine}:`;

/**
 * The lines of a federation's members. Each agent reaches the hub's API server and the api by its
 * line, and its own cluster past it, as in a data centre whose uplink is bad.
 */
export class Lines {
  readonly #seed: number;
  readonly #lines = new Map<string, Line>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** For `OperatorOptions.agentSpec`: the same agent behind a new line of this member. */
  async agentSpec(member: string, spec: ComponentSpec): Promise<ComponentSpec> {
    const line = await Line.open(this.#seed + 2 * this.#lines.size);
    this.#lines.set(member, line);
    const hubPorts = new Set<number>();
    const args: string[] = [];
    for (const arg of spec.args) args.push(await this.#behind(arg, line, hubPorts));
    for (const port of hubPorts) await line.openHubPort(port);
    await line.openPortOutside(portOf(spec.ready.url));
    const [command, ...prefix] = line.enter;
    return { ...spec, command, args: [...prefix, spec.command, ...args] };
  }

  /** The line of a member; throws when it has none. */
  of(member: string): Line {
    const line = this.#lines.get(member);
    if (line !== undefined) return line;
    throw new Error(`${member} has no line, only ${[...this.#lines.keys()].join(', ')}`);
  }

  /** All lines are good again. */
  async mend(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.set({})));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }

  async #behind(arg: string, line: Line, hubPorts: Set<number>): Promise<string> {
    const [, flag, value = ''] = FLAG.exec(arg) ?? [];
    if (flag === 'kubeconfig') {
      await line.openPortInside(portOf(serverIn(value)));
      return arg;
    }
    if (flag === 'hub-kubeconfig') {
      hubPorts.add(portOf(serverIn(value)));
      return `--${flag}=${kubeconfigBehind(value)}`;
    }
    if (!value.startsWith(OUTSIDE)) return arg;
    hubPorts.add(portOf(value));
    return `--${flag}=${value.replace(OUTSIDE, BEHIND)}`;
  }
}

type Kubeconfig = { clusters: [{ cluster: { server: string } }] };

const read = (path: string): Kubeconfig => parse(readFileSync(path, 'utf8')) as Kubeconfig;
const serverIn = (path: string): string => read(path).clusters[0].cluster.server;
const portOf = (url: string): number => Number(new URL(url).port);

function kubeconfigBehind(path: string): string {
  const config = read(path);
  const [{ cluster }] = config.clusters;
  cluster.server = cluster.server.replace(OUTSIDE, BEHIND);
  const copy = `${path.replace(/\.yaml$/, '')}-behind-line.yaml`;
  writePrivate(copy, stringify(config));
  return copy;
}
