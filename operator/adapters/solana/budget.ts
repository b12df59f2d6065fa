import type { ChainInstruction } from '../../domain/settlement/types.ts';
import type { ChainSender } from '../../ports/chain-sender.ts';
import { WalletActionError } from '../../ports/wallet-transactions.ts';
import { computeBudget } from '../../settlement/compute-budget.ts';
import { verdictOf } from '../../settlement/operations/failures.ts';

const maxUnits = 1_400_000;
const reserveUnits = 20_000;
/** What a person pays at most for a unit of computing, in micro-lamports. */
const maxMicroLamportsPerUnit = 1_000_000n;
const microLamports = 1_000_000n;
const lamportsPerSignature = 5_000n;

/** Instructions with a budget before them, and the fee that they cost, in lamports. */
export type Budgeted = Readonly<{ instructions: readonly ChainInstruction[]; fee: bigint }>;

/**
 * Puts a budget before what a person signs alone: as much as it needs now, at what others pay.
 * Throws WalletActionError when the chain says that it would fail.
 */
export async function withBudget(
  payer: string,
  chain: Pick<ChainSender, 'simulate' | 'priorityFee'>,
  instructions: readonly ChainInstruction[],
): Promise<Budgeted> {
  const budget = (units: number, microLamportsPerUnit: bigint): readonly ChainInstruction[] => [
    ...computeBudget({ units, microLamportsPerUnit }),
    ...instructions,
  ];
  const { units: used, failure } = await chain.simulate(payer, budget(maxUnits, 0n));
  if (failure !== undefined) {
    const { message } = verdictOf(failure);
    throw new WalletActionError('WouldFail', `the chain refuses it: ${message}`);
  }
  const paid = await chain.priorityFee(instructions);
  const price = paid < maxMicroLamportsPerUnit ? paid : maxMicroLamportsPerUnit;
  const units = Math.min(maxUnits, used + reserveUnits);
  return {
    instructions: budget(units, price),
    fee: lamportsPerSignature + (BigInt(units) * price + microLamports - 1n) / microLamports,
  };
}
