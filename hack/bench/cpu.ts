import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { World } from '../federation/world.ts';

/** Linux counts processor time of processes in hundredths of a second. */
const TICKS_PER_SECOND = 100;

type Reading = {
  readonly atMs: number;
  /** Processor seconds so far, by what a process is. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Processor seconds of the machine on which nothing ran. */
  readonly idleSeconds: number;
};

/** Who used the processors between a start and now, for the notes of a figure that they limit. */
export class CpuUse {
  readonly #world: World;
  readonly #before: Reading;

  constructor(world: World) {
    this.#world = world;
    this.#before = read(world);
  }

  /** `of 2 cores: API servers 110 %, etcd 20 %, ...`; empty where the system does not say. */
  describe(): string {
    const now = read(this.#world);
    const elapsed = (now.atMs - this.#before.atMs) / 1000;
    const shares = [...now.seconds]
      .map(([what, total]) => [what, total - (this.#before.seconds.get(what) ?? 0)] as const)
      .map(([what, used]) => [what, Math.round((100 * used) / elapsed)] as const)
      .filter(([, percent]) => percent > 0)
      .toSorted(([, a], [, b]) => b - a)
      .map(([what, percent]) => `${what} ${percent} %`);
    if (shares.length === 0) return '';
    const idle = Math.round((100 * (now.idleSeconds - this.#before.idleSeconds)) / elapsed);
    return `of ${availableParallelism()} cores: ${shares.join(', ')}, idle ${idle} %`;
  }
}

function read({ federation, operator }: World): Reading {
  const planes = [federation.hub, ...federation.members.map(({ controlPlane }) => controlPlane)];
  const processes = [
    ...planes.flatMap((plane) => plane.processes.map(({ name, pid }) => ({ name, pid }))),
    ...operator.hubs.map((hub) => ({ name: 'io-operator hub', pid: hub.pid() })),
    ...operator.agents.map((agent) => ({ name: 'io-operator agents', pid: agent.pid() })),
    { name: 'bench', pid: process.pid },
  ];
  const seconds = new Map<string, number>();
  for (const { name, pid } of processes) {
    if (pid === undefined) continue;
    seconds.set(name, (seconds.get(name) ?? 0) + processorSeconds(pid));
  }
  const idleMs = cpus().reduce((sum, { times }) => sum + times.idle, 0);
  return { atMs: performance.now(), seconds, idleSeconds: idleMs / 1000 };
}

/** Processor seconds of a process so far; 0 where the system does not say. */
export function processorSeconds(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  // After the name in brackets, which may hold anything: state is field 0, utime 11, stime 12.
  const text = readFileSync(file, 'utf8');
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
