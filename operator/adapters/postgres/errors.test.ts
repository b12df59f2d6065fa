import { expect, test } from '@jest/globals';
import { StoreUnavailableError } from '../../ports/store-errors.ts';
import { withStore } from './errors.ts';

const failure = (code: string) => Object.assign(new Error('said by the server'), { code });

test.each([
  ['the disk is full', failure('53100')],
  ['there are too many connections', failure('53300')],
  ['an administrator ends the connection', failure('57P01')],
  ['the server crashes', failure('57P02')],
  ['the server starts', failure('57P03')],
  ['a statement takes too long', failure('57014')],
  ['a lock is not given in time', failure('55P03')],
  ['the connection fails', failure('08006')],
  ['the server is a standby', failure('25006')],
  ['nobody listens', failure('ECONNREFUSED')],
  ['the connection is reset', failure('ECONNRESET')],
  ['the connection ends', new Error('Connection terminated unexpectedly')],
  ['the connection ended', new Error('Client has encountered a … error and is not queryable')],
  ['no connection comes free', new Error('timeout exceeded when trying to connect')],
])('%s: the store is unavailable, and was asked once', async (_, error) => {
  let asked = 0;
  const work = (): Promise<never> => {
    asked += 1;
    return Promise.reject(error);
  };
  await expect(withStore(work)).rejects.toThrow(StoreUnavailableError);
  expect(asked).toBe(1);
});

test.each(['40001', '40P01'])('a conflict (%s) is tried again, but not for ever', async (code) => {
  let asked = 0;
  const failing = (times: number) => (): Promise<string> => {
    asked += 1;
    return asked > times ? Promise.resolve('done') : Promise.reject(failure(code));
  };
  expect(await withStore(failing(5))).toBe('done');
  asked = 0;
  await expect(withStore(failing(6))).rejects.toThrow(StoreUnavailableError);
  expect(asked).toBe(6);
});

test.each([
  ['a violated constraint', failure('23505')],
  ['a privilege that is missing', failure('42501')],
  ['a fault of ours', new TypeError('x is undefined')],
])('%s is thrown as it is', async (_, error) => {
  await expect(withStore(() => Promise.reject(error))).rejects.toBe(error);
});
