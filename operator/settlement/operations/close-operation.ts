import { z } from 'zod';
import { fromHex, toHex } from '../../domain/settlement/hex.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import { operationAddress } from '../addresses.ts';
import { closeOperationIdOf } from '../ids.ts';
import { ioStake } from '../io-stake.ts';
import type { OperationHandler } from './index.ts';

const schema = z.strictObject({ operationId: z.string().regex(/^[0-9a-f]{64}$/) });
const parse = (payload: string): Uint8Array =>
  fromHex(schema.parse(JSON.parse(payload)).operationId);

/** The operation that gives back what the guard of a pay-out holds. `payOutId` is hexadecimal. */
export function closingOf(payOutId: string): ChainOperation {
  return {
    operationId: toHex(closeOperationIdOf(payOutId)),
    kind: 'CloseOperation',
    signer: 'treasurer',
    payload: JSON.stringify({ operationId: payOutId }),
  };
}

/** Gives the rent of a pay-out's guard back, once the id is too old to be used again. */
export const closeOperation: OperationHandler = {
  kind: 'CloseOperation',
  instructions: (payload, deployment, treasurer) => [
    ioStake(deployment).closeOperation(treasurer, parse(payload)),
  ],
  landed: async (payload, chain, { programId }) => {
    const [account] = await chain.accounts([operationAddress(programId, parse(payload))]);
    return account === undefined ? 'Done' : 'NotYet';
  },
};
