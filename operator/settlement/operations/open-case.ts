import { z } from 'zod';
import { fromHex } from '../../domain/settlement/hex.ts';
import { ioStake } from '../io-stake.ts';
import { caseOf, type CasePayload, casePayloadSchema, finalCase } from './case-payload.ts';
import type { OperationHandler } from './index.ts';

export type OpenCasePayload = CasePayload & Readonly<{ evidenceHash: string; amount: string }>;

const schema = casePayloadSchema.extend({
  evidenceHash: z.string().regex(/^[0-9a-f]{64}$/),
  amount: z.string().regex(/^[1-9][0-9]{0,19}$/),
});

const parse = (payload: string): OpenCasePayload => schema.parse(JSON.parse(payload));

/** Puts a case on the chain: stake goes into its escrow. The account of the case guards it. */
export const openCase: OperationHandler = {
  kind: 'OpenCase',
  instructions: (payload, deployment, slasher) => {
    const read = parse(payload);
    return [
      ioStake(deployment).openCase({
        ...caseOf(read),
        slasher,
        evidenceHash: fromHex(read.evidenceHash),
        amount: BigInt(read.amount),
      }),
    ];
  },
  landed: async (payload, chain, deployment) => {
    const read = parse(payload);
    const { case: found, stake } = await finalCase(read, chain, deployment);
    if (found !== undefined) return 'Done';
    if (stake === undefined) return { refused: 'the stake was withdrawn' };
    if (stake.amount >= BigInt(read.amount)) return 'NotYet';
    return { refused: `the stake has only ${stake.amount} base units that are in no case` };
  },
};
