import type { Landed } from '../../domain/settlement/send.ts';
import type { ChainInstruction, OperationKind } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';
import type { Deployment } from '../addresses.ts';

/** How one kind of operation gets onto the chain, and how it is seen there. */
export type OperationHandler = Readonly<{
  kind: OperationKind;
  /** What takes effect once. `signer` is the address of the key that signs. */
  instructions: (
    payload: string,
    deployment: Deployment,
    signer: string,
  ) => readonly ChainInstruction[];
  /**
   * What has to be there before, such as token accounts, in a transaction of its own; nothing when it
   * is. It may be done twice.
   */
  prepare?: (
    payload: string,
    chain: Chain,
    deployment: Deployment,
    signer: string,
  ) => Promise<readonly ChainInstruction[]>;
  /** Reads finalized state: whether the effect is there, or never will be. */
  landed: (payload: string, chain: Chain, deployment: Deployment) => Promise<Landed>;
}>;
