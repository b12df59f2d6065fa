import { Connection, VersionedTransaction } from '@solana/web3.js';
import { unsignedTransaction } from '../../../operator/adapters/solana/transaction.ts';
import type { ChainInstruction } from '../../../operator/domain/settlement/types.ts';
import { operationIdOf } from '../../../operator/settlement/addresses.ts';
import { computeBudget } from '../../../operator/settlement/compute-budget.ts';
import { accountLayouts } from '../../../operator/settlement/generated/accounts.ts';
import { operationSeconds } from '../../../operator/settlement/generated/constants.ts';
import type { IoStake } from '../../../operator/settlement/io-stake.ts';
import { payOut, paymentsPerOperation } from '../../../operator/settlement/operations/pay-out.ts';
import { closeOperation } from '../../../operator/settlement/operations/close-operation.ts';

const ROOTS_A_YEAR = 365 * 24;
const PAYMENTS_A_DAY = 20_000;
const DAY_SECONDS = 86_400;
const TOKEN_ACCOUNT_BYTES = 165;
const LAMPORTS = 1_000_000_000;
/** More than any of these transactions computes, with what 75 of 100 others pay for a unit. */
const UNITS = 200_000;
const PERCENTILE = 0.75;

/** What settlement costs in a year, in SOL, by fees and rents as a node tells them now. */
export type YearlyCost = Readonly<{
  fees: number;
  /** In the guards of pay-outs, which comes back after 30 days. */
  lockedRent: number;
  /** Once, for each wallet that has no token account. */
  tokenAccount: number;
  microLamportsPerUnit: number;
}>;

export async function yearlyCost(url: string, program: IoStake, key: string): Promise<YearlyCost> {
  const node = new Connection(url, { commitment: 'finalized', httpAgent: false });
  const paid = await node.getRecentPrioritizationFees();
  const prices = paid.map(({ prioritizationFee }) => prioritizationFee).toSorted((a, b) => a - b);
  const microLamportsPerUnit = prices[Math.floor(prices.length * PERCENTILE)] ?? 0;
  const { blockhash } = await node.getLatestBlockhash();
  const feeOf = async (instructions: readonly ChainInstruction[]): Promise<number> => {
    const budget = computeBudget({
      units: UNITS,
      microLamportsPerUnit: BigInt(microLamportsPerUnit),
    });
    const draft = { instructions: [...budget, ...instructions], blockhash };
    const { message } = VersionedTransaction.deserialize(unsignedTransaction(key, draft));
    const { value } = await node.getFeeForMessage(message);
    if (value === null) throw new Error('the node tells no fee');
    return value;
  };
  const { deployment } = program;
  const operationId = operationIdOf(0, new Uint8Array(32));
  const paying = JSON.stringify({
    operationId: Buffer.from(operationId).toString('hex'),
    asset: 'USDC',
    payments: Array.from({ length: paymentsPerOperation }, () => ({ wallet: key, amount: '1' })),
  });
  const closing = JSON.stringify({ operationId: Buffer.from(operationId).toString('hex') });
  const root = { root: new Uint8Array(32), epoch: 1, total: 1n, leafCount: 1, depth: 0 };
  const publishFee = await feeOf([program.publishRoot({ ...root, publisher: key })]);
  const payFee = await feeOf(payOut.instructions(paying, deployment, key));
  const closeFee = await feeOf(closeOperation.instructions(closing, deployment, key));
  const guardRent = await node.getMinimumBalanceForRentExemption(accountLayouts.Operation.size);
  const tokenRent = await node.getMinimumBalanceForRentExemption(TOKEN_ACCOUNT_BYTES);
  const payOutsADay = PAYMENTS_A_DAY / paymentsPerOperation;
  const lamports = ROOTS_A_YEAR * publishFee + 365 * payOutsADay * (payFee + closeFee);
  return {
    fees: lamports / LAMPORTS,
    lockedRent: (payOutsADay * (operationSeconds / DAY_SECONDS) * guardRent) / LAMPORTS,
    tokenAccount: tokenRent / LAMPORTS,
    microLamportsPerUnit,
  };
}
