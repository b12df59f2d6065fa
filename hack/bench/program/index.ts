import { statSync } from 'node:fs';
import { buildProgram } from '../../solana/program.ts';
import { createProgress } from '../../federation/progress.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { quantile } from '../statistics.ts';
import { onChain } from './chain.ts';
import { type ComputeUnits, measureUnits } from './units.ts';

const OWNERS = 100;

/** What the Solana program costs: compute units of its instructions, and its size. */
export async function program(context: BenchContext): Promise<void> {
  const { path, sha256 } = await buildProgram(createProgress());
  const owners = scaled(context, OWNERS);
  const units = measureUnits(path, owners);
  const add = (name: string, of: ComputeUnits, note: string): void =>
    context.figures.add({
      name,
      value: quantile(of.first, 0.5),
      unit: 'CU',
      n: owners,
      note: `${note}; at most ${Math.max(...of.first)}, by how long a free address is looked for${later(of)}`,
    });
  add('cu_stake', units.stake, 'the first of a device, which makes its account');
  add('cu_withdraw', units.withdraw, 'all of a stake, whose account is closed');
  add(
    'cu_claim_20_levels',
    units.claim,
    'one of 600,000 wallets, its first, which makes its record',
  );
  add('cu_open_case', units.openCase, 'makes the account of the case');
  add('cu_burn', units.burn, 'by anyone, 30 days later');
  context.figures.add({
    name: 'program_bytes',
    value: statSync(path).size,
    unit: 'B',
    n: 1,
    note: `io-stake with SHA-256 ${sha256}`,
  });
  await onChain(context, path);
}

function later({ again }: ComputeUnits): string {
  return again.length === 0 ? '' : `; a later one ${quantile(again, 0.5)}`;
}
