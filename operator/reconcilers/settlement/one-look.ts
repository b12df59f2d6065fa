import type { ChainAccount } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';

/** Accounts in one question to the chain. */
const maxAccounts = 100;

type Asked = Readonly<{
  addresses: readonly string[];
  answer: PromiseWithResolvers<readonly (ChainAccount | undefined)[]>;
}>;

/**
 * The chain for one look at many things: what is asked at once for finalized accounts goes into few
 * questions, and the head is asked for once.
 */
export function oneLook<C extends Chain>(chain: C): C {
  let head: ReturnType<Chain['head']> | undefined;
  let waiting: Asked[] = [];
  const ask = (): void => {
    const asked = waiting;
    waiting = [];
    for (const some of batches(asked)) void answer(chain, some);
  };
  const accounts: Chain['accounts'] = (addresses, commitment = 'finalized') => {
    if (commitment !== 'finalized' || addresses.length > maxAccounts) {
      return chain.accounts(addresses, commitment);
    }
    const one: Asked = { addresses, answer: Promise.withResolvers() };
    if (waiting.length === 0) queueMicrotask(ask);
    waiting.push(one);
    return one.answer.promise;
  };
  return new Proxy(chain, {
    get: (object, name) => {
      if (name === 'accounts') return accounts;
      if (name === 'head') return () => (head ??= object.head());
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === 'function' ? (value.bind(object) as unknown) : value;
    },
  });
}

function batches(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const all: Asked[][] = [];
  let count = maxAccounts;
  for (const one of asked) {
    count += one.addresses.length;
    if (count > maxAccounts) {
      all.push([]);
      count = one.addresses.length;
    }
    all.at(-1)?.push(one);
  }
  return all;
}

async function answer(chain: Chain, asked: readonly Asked[]): Promise<void> {
  try {
    const accounts = await chain.accounts(asked.flatMap(({ addresses }) => addresses));
    let at = 0;
    for (const one of asked) {
      one.answer.resolve(accounts.slice(at, at + one.addresses.length));
      at += one.addresses.length;
    }
  } catch (error) {
    for (const one of asked) one.answer.reject(error);
  }
}
