import { describe, expect, test } from '@jest/globals';
import { assert, nat, pre, property, string } from 'fast-check';
import {
  accountResource,
  judgeSignIn,
  readSignIn,
  type SignIn,
  signInSeconds,
  signInText,
} from './sign-in.ts';

const account = 'team-a/renter';
const wallet = '4Vk7SnsgQwjEN8fNqLSXmZrv9rpHRN7RdwsPqbazUzzp';
const issuedAtSeconds = Date.UTC(2026, 10, 25, 8) / 1000;

const signIn: SignIn = {
  domain: 'api.example.com:8443',
  address: wallet,
  statement: 'Use this wallet for the IOAccount team-a/renter.',
  uri: 'https://api.example.com:8443/v1/accounts/team-a/renter/wallet',
  chainId: 'mainnet',
  nonce: '0123456789abcdef',
  issuedAtSeconds,
  expiresAtSeconds: issuedAtSeconds + signInSeconds,
  resources: [accountResource(account)],
};

const text = `api.example.com:8443 wants you to sign in with your Solana account:
4Vk7SnsgQwjEN8fNqLSXmZrv9rpHRN7RdwsPqbazUzzp

Use this wallet for the IOAccount team-a/renter.

URI: https://api.example.com:8443/v1/accounts/team-a/renter/wallet
Version: 1
Chain ID: mainnet
Nonce: 0123456789abcdef
Issued At: 2026-11-25T08:00:00Z
Expiration Time: 2026-11-25T08:05:00Z
Resources:
- urn:compute.io.net:account:team-a/renter`;

test('the text is that of the wallet standard, and is read back', () => {
  expect(signInText(signIn)).toBe(text);
  expect(readSignIn(text)).toEqual(signIn);
});

describe('what is not such a text is not read', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['another version', text.replace('Version: 1', 'Version: 2')],
    ['a nonce that is too short', text.replace('0123456789abcdef', '0123456')],
    ['a day that does not exist', text.replaceAll('2026-11-25', '2026-02-30')],
    ['something before it', `hello\n${text}`],
    ['something after it', `${text}\nhello`],
    ['another field', text.replace('Nonce:', 'Not Before: 2026-11-25T08:00:00Z\nNonce:')],
    ['no resource', text.slice(0, text.indexOf('\n- '))],
    ['a letter that base58 lacks', text.replace(wallet, wallet.replace('4', '0'))],
    ['nothing', ''],
  ];
  test.each(cases)('%s', (_, changed) => {
    expect(readSignIn(changed)).toBeUndefined();
  });

  test('any text with one character changed says something else, or nothing', () => {
    assert(
      property(nat(text.length - 1), string({ minLength: 1, maxLength: 1 }), (at, other) => {
        pre(text[at] !== other);
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        expect(readSignIn(changed)).not.toEqual(signIn);
      }),
    );
  });
});

describe('judging what a text says', () => {
  const expected = {
    domain: 'api.example.com:8443',
    account,
    wallet,
    nowSeconds: issuedAtSeconds + 10,
  };
  const cases: readonly (readonly [string, Partial<typeof expected>, string | undefined])[] = [
    ['it is right', {}, undefined],
    ['it was made for another site', { domain: 'evil.example.com' }, 'WrongDomain'],
    ['it is for another account', { account: 'team-b/renter' }, 'WrongAccount'],
    ['it is of another wallet', { wallet: `${wallet.slice(0, -1)}q` }, 'WrongWallet'],
    ['it comes from the future', { nowSeconds: issuedAtSeconds - 31 }, 'NotYetValid'],
    ['a clock is a little behind', { nowSeconds: issuedAtSeconds - 30 }, undefined],
    ['it is in its last second', { nowSeconds: issuedAtSeconds + 299 }, undefined],
    ['it has expired', { nowSeconds: issuedAtSeconds + 300 }, 'Expired'],
  ];
  test.each(cases)('%s', (_, change, fault) => {
    expect(judgeSignIn(signIn, { ...expected, ...change })).toBe(fault);
  });

  test('a text cannot give itself a longer life', () => {
    const long = { ...signIn, expiresAtSeconds: issuedAtSeconds + 86_400 };
    const later = { ...expected, nowSeconds: issuedAtSeconds + signInSeconds };
    expect(judgeSignIn(long, later)).toBe('Expired');
  });

  test('one text proves nothing for two accounts', () => {
    const both = { ...signIn, resources: [accountResource(account), accountResource('x/y')] };
    expect(judgeSignIn(both, expected)).toBe('WrongAccount');
  });
});
