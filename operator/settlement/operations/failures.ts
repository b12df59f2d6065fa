import type { Failure } from '../../domain/settlement/send.ts';
import { type ProgramErrorName, programErrors } from '../generated/errors.ts';

/**
 * What a failure means for an operation: it may go well later, or never will, so that a person has to
 * look. Nothing is lost by waiting, so whatever is not known to be final waits.
 */
export type Verdict = Readonly<{ kind: 'Later' | 'Never'; message: string }>;

const names = new Map<number, (typeof programErrors)[number]>(
  programErrors.map((error) => [error.code, error]),
);

/** Nothing that time or money could change. */
const never: ReadonlySet<ProgramErrorName> = new Set([
  'WrongAccount',
  'WrongProgram',
  'BadData',
  'AmountZero',
  'ExceedsStake',
  'HashZero',
  'TotalFalls',
  'BadDepth',
  'EpochNotAfter',
  'BadPayOut',
  'OperationExpired',
  'VaultAsDestination',
  'WrongTokenAccount',
]);

/** Of the token program: another mint, another owner, a frozen account. */
const tokenNever = new Map([
  [3, 'a token account is of another mint'],
  [4, 'a token account has another owner'],
  [17, 'a token account is frozen'],
]);

/** Judges what a simulation or a transaction failed with. */
export function verdictOf({ name, code }: Failure): Verdict {
  if (code === undefined) return { kind: 'Later', message: name };
  const error = names.get(code);
  if (error !== undefined) {
    const message = `${error.name}: ${error.message}`;
    return { kind: never.has(error.name) ? 'Never' : 'Later', message };
  }
  const token = tokenNever.get(code);
  return token === undefined ? { kind: 'Later', message: name } : { kind: 'Never', message: token };
}
