import type { Answer } from '../client/typed.ts';

/** A month of an account. */
export type StatementBody = Answer<'Statement'>;
/** What one lease's devices of a model came to in a month. */
export type StatementUsage = StatementBody['rented'][number];

/** Whether nothing at all happened in the month. */
export const isEmptyStatement = (statement: StatementBody): boolean =>
  statement.rented.length === 0 &&
  statement.supplied.length === 0 &&
  statement.movements.length === 0 &&
  statement.rewards.epochs === 0 &&
  statement.balances.every(({ opening, closing }) => !/[1-9]/.test(`${opening}${closing}`));

/** Device-seconds as hours with at most two decimals, for reading; the exact ones are in the CSV. */
export const deviceHours = (seconds: string): string =>
  /^-?[0-9]{1,40}$/.test(seconds)
    ? String(Number((BigInt(seconds) * 100n) / 3_600n) / 100)
    : seconds;
