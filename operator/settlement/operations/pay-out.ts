import { z } from 'zod';
import type { ChainInstruction, ChainOperation } from '../../domain/settlement/types.ts';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import type { Chain } from '../../ports/chain.ts';
import { type Asset, type Deployment, operationAddress } from '../addresses.ts';
import { decodeOperation } from '../generated/accounts.ts';
import { operationSeconds } from '../generated/constants.ts';
import { ioStake } from '../io-stake.ts';
import { associatedTokenAddress, createAssociatedToken } from '../token.ts';
import type { OperationHandler } from './index.ts';

/** How many payments fit into one transaction of 1,232 bytes, with room for its compute budget. */
export const paymentsPerOperation = 16;
/** How many token accounts are made in one transaction. */
const accountsPerTransaction = 10;

/** Tokens to the token account that a wallet has by default. */
export type Payment = Readonly<{ wallet: string; amount: bigint }>;

/** A batch of payments out of custody, all of them or none. */
export type PayOut = Readonly<{
  /** Of operationIdOf: it begins with the second in which this was decided. */
  operationId: Uint8Array;
  asset: Asset;
  payments: readonly Payment[];
}>;

const schema = z.strictObject({
  operationId: z.string().regex(/^[0-9a-f]{64}$/),
  asset: z.enum(['IO', 'USDC']),
  payments: z
    .array(
      z.strictObject({
        wallet: z.string().min(32).max(44),
        amount: z.string().regex(/^[1-9][0-9]{0,19}$/),
      }),
    )
    .min(1)
    .max(paymentsPerOperation),
});

/** The operation of a batch. Throws RangeError for one without payments or with too many. */
export function payOutOperation({ operationId, asset, payments }: PayOut): ChainOperation {
  if (payments.length === 0 || payments.length > paymentsPerOperation) {
    throw new RangeError(
      `a pay-out has 1 to ${paymentsPerOperation} payments, not ${payments.length}`,
    );
  }
  const id = toHex(operationId);
  const payload = {
    operationId: id,
    asset,
    payments: payments.map(({ wallet, amount }) => ({ wallet, amount: String(amount) })),
  };
  return {
    operationId: id,
    kind: 'PayOut',
    signer: 'treasurer',
    payload: JSON.stringify(payload),
  };
}

/** Pays out of custody. The account of the operation guards it: while it is there, and once it is too old. */
export const payOut: OperationHandler = {
  kind: 'PayOut',
  instructions: (payload, deployment, treasurer) => {
    const { operationId, asset, payments } = parse(payload);
    return [
      ioStake(deployment).payOut({
        asset,
        treasurer,
        operationId,
        payments: payments.map(({ wallet, amount }) => ({
          destination: associatedTokenAddress(wallet, mintOf(asset, deployment)),
          amount,
        })),
      }),
    ];
  },
  prepare: (payload, chain, deployment, treasurer) =>
    missingAccounts(parse(payload), chain, deployment, treasurer),
  landed: async (payload, chain, { programId }) => {
    const { operationId, payments } = parse(payload);
    const [account] = await chain.accounts([operationAddress(programId, operationId)]);
    if (account?.owner === programId) {
      const { amount, count } = decodeOperation(account.data);
      const total = payments.reduce((sum, payment) => sum + payment.amount, 0n);
      if (amount === total && count === payments.length) return 'Done';
      return { refused: `another pay-out of ${amount} base units took this operation's id` };
    }
    const { timeSeconds } = await chain.head();
    if (timeSeconds - decidedSeconds(operationId) < operationSeconds) return 'NotYet';
    return { refused: 'the operation is older than its window' };
  },
};

function mintOf(asset: Asset, { ioMint, usdcMint }: Deployment): string {
  return asset === 'IO' ? ioMint : usdcMint;
}

async function missingAccounts(
  { asset, payments }: PayOut,
  chain: Chain,
  deployment: Deployment,
  payer: string,
): Promise<readonly ChainInstruction[]> {
  const mint = mintOf(asset, deployment);
  const wallets = [...new Set(payments.map(({ wallet }) => wallet))];
  const accounts = await chain.accounts(
    wallets.map((wallet) => associatedTokenAddress(wallet, mint)),
  );
  return wallets
    .filter((_wallet, index) => accounts[index] === undefined)
    .slice(0, accountsPerTransaction)
    .map((wallet) => createAssociatedToken(payer, wallet, mint));
}

function decidedSeconds(operationId: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = operationId;
  return Number(new DataView(buffer, byteOffset, byteLength).getBigInt64(0, true));
}

function parse(payload: string): PayOut {
  const { operationId, asset, payments } = schema.parse(JSON.parse(payload));
  return {
    operationId: fromHex(operationId),
    asset,
    payments: payments.map(({ wallet, amount }) => ({ wallet, amount: BigInt(amount) })),
  };
}
