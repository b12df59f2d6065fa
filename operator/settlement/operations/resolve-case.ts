import { z } from 'zod';
import { outcomeVariants } from '../generated/types.ts';
import { ioStake } from '../io-stake.ts';
import { caseOf, casePayloadSchema, finalCase } from './case-payload.ts';
import type { OperationHandler } from './index.ts';

const schema = casePayloadSchema.extend({ outcome: z.enum(outcomeVariants) });

const parse = (payload: string) => schema.parse(JSON.parse(payload));

/** Ends a case: upheld, what is in escrow is burnt; reversed, it goes back to the stake. */
export const resolveCase: OperationHandler = {
  kind: 'ResolveCase',
  instructions: (payload, deployment, resolver) => {
    const read = parse(payload);
    const { outcome } = read;
    return [ioStake(deployment).resolve({ ...caseOf(read), resolver, outcome })];
  },
  landed: async (payload, chain, deployment) => {
    const read = parse(payload);
    const { case: found } = await finalCase(read, chain, deployment);
    switch (found?.state) {
      case 'Burnt':
        return read.outcome === 'Upheld' ? 'Done' : { refused: 'the stake was burnt' };
      case 'Reversed':
        return read.outcome === 'Reversed' ? 'Done' : { refused: 'the case was reversed' };
      case 'Open':
        return read.outcome === 'Upheld' ? { refused: 'nobody appealed' } : 'NotYet';
      case 'Appealed':
      case undefined:
        return 'NotYet';
    }
  },
};
