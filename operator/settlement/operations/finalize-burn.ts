import { ioStake } from '../io-stake.ts';
import { caseOf, casePayloadSchema, finalCase } from './case-payload.ts';
import type { OperationHandler } from './index.ts';

const parse = (payload: string) => casePayloadSchema.parse(JSON.parse(payload));

/** Burns what a case has in escrow, once the deadline passed without an appeal. Anybody may. */
export const finalizeBurn: OperationHandler = {
  kind: 'FinalizeBurn',
  instructions: (payload, deployment) => [ioStake(deployment).finalizeBurn(caseOf(parse(payload)))],
  landed: async (payload, chain, deployment) => {
    const { case: found } = await finalCase(parse(payload), chain, deployment);
    switch (found?.state) {
      case 'Burnt':
        return 'Done';
      case 'Appealed':
        return { refused: 'the owner of the stake appealed' };
      case 'Reversed':
        return { refused: 'the case was reversed' };
      case 'Open':
      case undefined:
        return 'NotYet';
    }
  },
};
