import type { IOSlashCase } from '../../../crds/schema/index.ts';
import type {
  ChainCase,
  ProgramTerms,
  StakePosition,
} from '../../domain/settlement/program-state.ts';
import type { StakeOwner } from '../../domain/settlement/stake.ts';
import type { OperationState } from '../../domain/settlement/types.ts';

/** What the hub does about a case on the chain. */
export type CaseOperationKind = 'OpenCase' | 'FinalizeBurn' | 'ResolveCase';

/** The newest attempt at an operation; undefined: nothing was recorded yet. */
export type CaseAttempt = Readonly<{ number: number; state: OperationState }> | undefined;

/** All that a decision about a case depends on. */
export type CaseSnapshot = Readonly<{
  slashCase: IOSlashCase;
  hasDevice: boolean;
  /** Whose stake it would be against, while it is not opened. */
  owner: StakeOwner;
  /** That stake; of a case on the chain the stake that it is against. */
  stake: StakePosition | undefined;
  /** The case on the chain. */
  found: ChainCase | undefined;
  /** Undefined: the chain was not read yet. */
  terms: ProgramTerms | undefined;
  /** By the chain. */
  nowSeconds: number;
  attempts: Readonly<Record<CaseOperationKind, CaseAttempt>>;
  /** What cases that were recorded and are not on the chain yet take of the cap. */
  capTaken: bigint;
}>;
