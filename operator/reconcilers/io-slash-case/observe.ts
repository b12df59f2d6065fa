import type { IOAccount, IODevice, IOMember, IOSlashCase } from '../../../crds/schema/index.ts';
import { memberOfNamespace } from '../../domain/lease.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import type { StakePosition } from '../../domain/settlement/program-state.ts';
import type { StakeOwner } from '../../domain/settlement/stake.ts';
import type { OperationState } from '../../domain/settlement/types.ts';
import type { ChainOperations } from '../../ports/chain-operations.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf } from '../../runtime/kube-object.ts';
import { caseIdOf, caseOperationIdOf, deviceIdOf } from '../../settlement/ids.ts';
import type { StakeBook } from '../stake-book.ts';
import { stakeOwner } from '../stake-owner.ts';
import { maximumAttempts } from './decide-opening.ts';
import type { CaseAttempt, CaseOperationKind, CaseSnapshot } from './snapshot.ts';

export type CaseSources = Readonly<{
  devices: WatchedInformer<IODevice>;
  members: WatchedInformer<IOMember>;
  accounts: WatchedInformer<IOAccount>;
  book: StakeBook;
  operations: Pick<ChainOperations, 'states'>;
}>;

const kinds: readonly CaseOperationKind[] = ['OpenCase', 'FinalizeBurn', 'ResolveCase'];

/** The id by which the chain knows a case, as hexadecimal. */
export function caseIdOfObject(slashCase: IOSlashCase): string {
  return toHex(caseIdOf(keyOf(slashCase), slashCase.metadata.uid ?? ''));
}

/** The id by which the chain knows the accused device, as hexadecimal. */
export function deviceIdOfObject({ metadata, spec }: IOSlashCase): string {
  return toHex(deviceIdOf(memberOf(metadata.namespace), spec.deviceRef.name));
}

/** The id of an attempt at an operation on a case, as hexadecimal. */
export function attemptId(kind: CaseOperationKind, caseId: string, attempt: number): string {
  return toHex(caseOperationIdOf(kind, caseId, attempt));
}

/** Gathers what a decision needs; throws while the store of operations is away. */
export async function observe(
  slashCase: IOSlashCase,
  capTaken: bigint,
  sources: CaseSources,
): Promise<CaseSnapshot> {
  const { book, devices } = sources;
  const { namespace = '' } = slashCase.metadata;
  const caseId = caseIdOfObject(slashCase);
  const found = book.case(caseId);
  const owner = stakeOwner(memberOf(namespace), sources);
  return {
    slashCase,
    hasDevice: devices.cache.get(`${namespace}/${slashCase.spec.deviceRef.name}`) !== undefined,
    owner,
    stake: found === undefined ? ownStake(slashCase, owner, book) : book.stake(found.stake),
    found,
    terms: book.terms,
    nowSeconds: book.nowSeconds,
    attempts: await attemptsOf(caseId, sources.operations),
    capTaken,
  };
}

const memberOf = (namespace: string | undefined): string =>
  memberOfNamespace(namespace ?? '') ?? '';

function ownStake(
  slashCase: IOSlashCase,
  owner: StakeOwner,
  book: StakeBook,
): StakePosition | undefined {
  if (owner.kind === 'Missing') return undefined;
  const stakes = book.stakesOf(deviceIdOfObject(slashCase));
  return stakes.find((stake) => stake.owner === owner.wallet);
}

async function attemptsOf(
  caseId: string,
  operations: CaseSources['operations'],
): Promise<CaseSnapshot['attempts']> {
  const numbers = Array.from({ length: maximumAttempts }, (_, index) => index + 1);
  const idsOf = (kind: CaseOperationKind): readonly string[] =>
    numbers.map((number) => attemptId(kind, caseId, number));
  const states = await operations.states(kinds.flatMap(idsOf));
  return {
    OpenCase: newest(idsOf('OpenCase'), states),
    FinalizeBurn: newest(idsOf('FinalizeBurn'), states),
    ResolveCase: newest(idsOf('ResolveCase'), states),
  };
}

function newest(ids: readonly string[], states: ReadonlyMap<string, OperationState>): CaseAttempt {
  const index = ids.findLastIndex((id) => states.has(id));
  const state = states.get(ids[index] ?? '');
  return state === undefined ? undefined : { number: index + 1, state };
}
