import { z } from 'zod';
import type { AccountState } from '../chain/account-state.ts';
import type { Commitment } from '../chain/chain-time.ts';
import { readMint, readTokenAccount, tokenPrograms, uiAmount } from '../chain/token.ts';
import { accountConfig, accountFilters, accountJson, passes } from './account-json.ts';
import {
  address,
  commitmentOf,
  type Method,
  method,
  type Node,
  readConfig,
  withContext,
} from './params.ts';
import { invalidParams, overLimit } from './rpc-error.ts';

const config = readConfig.nullish();
const fullConfig = readConfig.extend(accountConfig.shape).nullish();
const programConfig = readConfig
  .extend(accountConfig.shape)
  .extend({ filters: accountFilters.nullish(), withContext: z.boolean().nullish() })
  .nullish();
const tokenFilter = z.union([z.object({ mint: address }), z.object({ programId: address })]);
const maximumAddresses = 100;
/** Of one answer. */
const maximumAccounts = 250_000;

/** Reads of accounts and of the tokens in them. */
export const accountMethods: Readonly<Record<string, Method>> = {
  getBalance: method(z.tuple([address, config]), ([of, read], node) => {
    const asked = commitmentOf(node, read);
    return withContext(node, asked, node.chain.account(of, asked)?.lamports ?? 0n);
  }),
  getAccountInfo: method(z.tuple([address, fullConfig]), ([of, read], node) => {
    const asked = commitmentOf(node, read);
    return withContext(node, asked, told(node, of, asked, read));
  }),
  getMultipleAccounts: method(
    z.tuple([
      z.array(address).max(maximumAddresses, `Too many inputs provided; max ${maximumAddresses}`),
      fullConfig,
    ]),
    ([addresses, read], node) => {
      const asked = commitmentOf(node, read);
      return withContext(
        node,
        asked,
        addresses.map((of) => told(node, of, asked, read)),
      );
    },
  ),
  getProgramAccounts: method(z.tuple([address, programConfig]), ([program, read], node) => {
    const asked = commitmentOf(node, read);
    const filters = read?.filters ?? [];
    const found = select(node, [program], asked, (account) => passes(account, filters), read);
    return read?.withContext === true ? withContext(node, asked, found) : found;
  }),
  getTokenAccountBalance: method(z.tuple([address, config]), ([of, read], node) => {
    const asked = commitmentOf(node, read);
    const tokens = readTokenAccount(node.chain.account(of, asked));
    const decimals = tokens === undefined ? undefined : node.chain.mint(tokens.mint)?.decimals;
    if (tokens === undefined || decimals === undefined) throw absent(node, of, asked, 'account');
    return withContext(node, asked, uiAmount(tokens.amount, decimals));
  }),
  getTokenSupply: method(z.tuple([address, config]), ([of, read], node) => {
    const asked = commitmentOf(node, read);
    const mint = readMint(node.chain.account(of, asked));
    if (mint === undefined) throw absent(node, of, asked, 'mint');
    return withContext(node, asked, uiAmount(mint.supply, mint.decimals));
  }),
  getTokenAccountsByOwner: tokenAccountsBy('owner'),
  getTokenAccountsByDelegate: tokenAccountsBy('delegate'),
};

function tokenAccountsBy(role: 'owner' | 'delegate'): Method {
  return method(z.tuple([address, tokenFilter, fullConfig]), ([of, filter, read], node) => {
    const asked = commitmentOf(node, read);
    if ('programId' in filter && !tokenPrograms.has(filter.programId)) {
      throw invalidParams('unrecognized Token program id');
    }
    if ('mint' in filter && readMint(node.chain.account(filter.mint, asked)) === undefined) {
      throw absent(node, filter.mint, asked, 'mint');
    }
    const programs = 'programId' in filter ? [filter.programId] : [...tokenPrograms.keys()];
    const fits = (account: AccountState): boolean => {
      const tokens = readTokenAccount(account);
      if (tokens?.[role] !== of) return false;
      return 'programId' in filter || tokens.mint === filter.mint;
    };
    return withContext(node, asked, select(node, programs, asked, fits, read));
  });
}

type AccountConfig = z.output<typeof fullConfig>;

function told({ chain }: Node, of: string, asked: Commitment, read: AccountConfig) {
  const account = chain.account(of, asked);
  return account === undefined ? null : accountJson(account, read, (mint) => chain.mint(mint));
}

function select(
  { chain }: Node,
  programs: readonly string[],
  asked: Commitment,
  fits: (account: AccountState) => boolean,
  read: AccountConfig,
) {
  const found: { pubkey: string; account: ReturnType<typeof accountJson> }[] = [];
  for (const program of programs) {
    for (const [pubkey, account] of chain.ownedBy(program, asked)) {
      if (!fits(account)) continue;
      if (found.length === maximumAccounts) {
        throw overLimit(`more than ${maximumAccounts} accounts: narrow them with filters`);
      }
      found.push({ pubkey, account: accountJson(account, read, (mint) => chain.mint(mint)) });
    }
  }
  return found;
}

function absent({ chain }: Node, of: string, asked: Commitment, what: 'account' | 'mint') {
  if (chain.account(of, asked) === undefined) return invalidParams('could not find account');
  return invalidParams(what === 'mint' ? 'not a Token mint' : 'not a Token account');
}
