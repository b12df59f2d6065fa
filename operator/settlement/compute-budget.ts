import { type Instruction, Writer } from './codec.ts';

const programId = 'ComputeBudget111111111111111111111111111111';

/** What a transaction may compute, and what it pays for each unit to be taken before others. */
export type ComputeBudget = Readonly<{ units: number; microLamportsPerUnit: bigint }>;

/** The instructions that set a budget; without them each instruction may use 200,000 units, for nothing. */
export function computeBudget({ units, microLamportsPerUnit }: ComputeBudget): Instruction[] {
  const limit = new Writer().u8(2).u32(units).end();
  const price = new Writer().u8(3).u64(microLamportsPerUnit).end();
  return [limit, price].map((data) => ({ programId, accounts: [], data }));
}
