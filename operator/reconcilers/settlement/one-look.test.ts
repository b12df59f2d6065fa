import { describe, expect, test } from '@jest/globals';
import type { ChainAccount } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';
import { oneLook } from './one-look.ts';

const account = (address: string): ChainAccount => ({
  address,
  owner: 'program',
  lamports: 1n,
  data: new Uint8Array(),
});

function counted(fail = false) {
  const questions: (readonly string[])[] = [];
  let heads = 0;
  const unused = (): never => {
    throw new Error('not asked here');
  };
  const chain: Chain = {
    head: async () => ({ slot: BigInt((heads += 1)), timeSeconds: 1 }),
    accounts: async (addresses) => {
      questions.push(addresses);
      if (fail) throw new Error('no answer');
      return addresses.map((each) => (each.startsWith('none') ? undefined : account(each)));
    },
    programAccounts: unused,
    signatures: unused,
    transaction: unused,
    watchProgram: unused,
  };
  return { look: oneLook(chain), questions, heads: () => heads };
}

describe('one look', () => {
  test('asks once for what is wanted at once, and tells each what it asked for', async () => {
    const { look, questions } = counted();
    const answers = await Promise.all([
      look.accounts(['a', 'none']),
      look.accounts([]),
      look.accounts(['b'], 'finalized'),
    ]);
    expect(answers).toEqual([[account('a'), undefined], [], [account('b')]]);
    expect(questions).toEqual([['a', 'none', 'b']]);
  });

  test('asks for at most 100 accounts at a time', async () => {
    const { look, questions } = counted();
    const names = Array.from({ length: 70 }, (_each, index) => `name ${index}`);
    const answers = await Promise.all([look.accounts(names), look.accounts(names.slice(0, 31))]);
    expect(answers.map(({ length }) => length)).toEqual([70, 31]);
    expect(questions.map(({ length }) => length)).toEqual([70, 31]);
  });

  test('does not wait with what is not final yet', async () => {
    const { look, questions } = counted();
    await Promise.all([look.accounts(['a'], 'confirmed'), look.accounts(['b'])]);
    expect(questions).toEqual([['a'], ['b']]);
  });

  test('fails all that asked when there is no answer', async () => {
    const { look } = counted(true);
    const answers = await Promise.allSettled([look.accounts(['a']), look.accounts(['b'])]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('has one head', async () => {
    const { look, heads } = counted();
    expect(await look.head()).toEqual(await look.head());
    expect(heads()).toBe(1);
  });
});
