import { readFileSync } from 'node:fs';
import { silentProgress } from '../../hack/federation/progress.ts';
import { buildProgram } from '../../hack/solana/program.ts';
import type { Genesis } from '../settlement/io-stake.ts';
import { World } from '../settlement/testing/world.ts';

/** Another program to test than that of this checkout: one with a check less. */
const chosen = process.env['IO_STAKE_PROGRAM'];

let program: Promise<Uint8Array> | undefined;

/** The program's bytes; built before unless it is in the cache. */
export function stakeProgram(): Promise<Uint8Array> {
  return (program ??= readProgram());
}

async function readProgram(): Promise<Uint8Array> {
  return readFileSync(chosen ?? (await buildProgram(silentProgress)).path);
}

/** A chain on which the program is initialized. */
export async function stakeWorld(changes: Partial<Genesis> = {}): Promise<World> {
  const world = new World(await stakeProgram());
  const { error } = world.initialize(changes);
  if (error !== undefined) throw new Error(`the program cannot be initialized: ${error}`);
  return world;
}
