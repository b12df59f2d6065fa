import type { Message } from './transaction.ts';

const computeBudgetProgram = 'ComputeBudget111111111111111111111111111111';
const unitsPerInstruction = 200_000;
const maximumUnits = 1_400_000;
const setLimit = 2;
const setPrice = 3;
const microLamports = 1_000_000n;

/** What a transaction pays above the fee of its signatures. */
export function computeBudgetOf(message: Message): Readonly<{ priorityFee: bigint }> {
  let limit: number | undefined;
  let price = 0n;
  let others = 0;
  for (const { program, data } of message.instructions) {
    if (message.staticKeys[program] !== computeBudgetProgram) {
      others += 1;
      continue;
    }
    const bytes = Buffer.from(data);
    if (bytes[0] === setLimit && bytes.length === 5) limit = bytes.readUInt32LE(1);
    if (bytes[0] === setPrice && bytes.length === 9) price = bytes.readBigUInt64LE(1);
  }
  const units = BigInt(Math.min(limit ?? others * unitsPerInstruction, maximumUnits));
  return { priorityFee: (units * price + microLamports - 1n) / microLamports };
}
