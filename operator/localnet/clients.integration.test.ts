import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.ts';
import { tokenProgram } from './chain/token.ts';
import { type Localnet, startLocalnet } from './index.ts';
import type { Client, Wallet } from './testing/client.ts';
import { kitClient } from './testing/kit-client.ts';
import {
  createMint,
  createTokenAccount,
  memo,
  mintTo,
  newWallet,
  tokenAccountBytes,
  transfer,
  transferTokens,
} from './testing/wallets.ts';
import { web3Client } from './testing/web3-client.ts';

const rent = { mint: 1_461_600n, account: 2_039_280n };
const sol = 1_000_000_000n;
const fee = 5_000n;

let localnet: Localnet;

beforeAll(async () => {
  localnet = await startLocalnet({ slotMs: 25 });
});

afterAll(() => localnet.close());

describe.each([
  { library: '@solana/web3.js', open: web3Client },
  { library: '@solana/kit', open: kitClient },
])('a chain as $library sees it', ({ open }) => {
  let client: Client;
  let payer: Wallet;

  beforeAll(async () => {
    client = open(localnet);
    payer = newWallet();
    await client.airdrop(payer.address, 100n * sol);
  });

  it('moves lamports and tells the client over the websocket when they are confirmed', async () => {
    const to = newWallet();
    const before = await client.balance(payer.address, 'confirmed');

    const signed = await client.sign(payer, [transfer(payer, to.address, sol)]);
    await client.confirm(signed, 'confirmed');

    expect(await client.balance(to.address, 'confirmed')).toBe(sol);
    expect(await client.balance(payer.address, 'confirmed')).toBe(before - sol - fee);
  });

  it('shows a payment as finalized only 32 slots later', async () => {
    const to = newWallet();
    const signed = await client.sign(payer, [transfer(payer, to.address, sol)]);
    await client.confirm(signed, 'confirmed');
    const landed = await client.transaction(signed.signature, 'confirmed');
    const early = await client.balance(to.address, 'finalized');
    const finalized = await client.slot('finalized');

    await eventually(async () =>
      expect(await client.status(signed.signature)).toEqual({ level: 'finalized', error: null }),
    );

    expect({ early, wasFinal: finalized >= (landed?.slot ?? 0n) }).toEqual({
      early: 0n,
      wasFinal: false,
    });
    expect(await client.balance(to.address, 'finalized')).toBe(sol);
    expect(await client.slot('processed')).toBeGreaterThanOrEqual((landed?.slot ?? 0n) + 32n);
  });

  it('waits for finality by websocket when asked to', async () => {
    const to = newWallet();
    const signed = await client.sign(payer, [transfer(payer, to.address, sol)]);

    await client.confirm(signed, 'finalized');

    expect(await client.balance(to.address, 'finalized')).toBe(sol);
  });

  it('does a signed transaction once, however often it is sent', async () => {
    const to = newWallet();
    const { wire, signature } = await client.sign(payer, [transfer(payer, to.address, sol)]);

    const answers = [
      await client.send(wire),
      await client.send(wire),
      await client.send(wire, true),
    ];

    expect(answers).toEqual([signature, signature, signature]);
    expect(await client.balance(to.address, 'processed')).toBe(sol);
  });

  it('refuses in the words of a validator what would fail, and charges nothing', async () => {
    const poor = newWallet();
    await client.airdrop(poor.address, sol);
    const { wire } = await client.sign(poor, [transfer(poor, newWallet().address, 2n * sol)]);

    const thrown: unknown = await client.send(wire).catch((error: unknown) => error);

    const { message, logs } = client.refusalOf(thrown);
    expect(message).toMatch(/custom program error: (0x1|#1)/i);
    expect(logs).toContain('Transfer: insufficient lamports 999995000, need 2000000000');
    expect(await client.balance(poor.address, 'processed')).toBe(sol);
  });

  it('lets what fails land when preflight is skipped: the fee is gone, the error stays', async () => {
    const poor = newWallet();
    await client.airdrop(poor.address, sol);
    const { wire } = await client.sign(poor, [transfer(poor, newWallet().address, 2n * sol)]);

    const signature = await client.send(wire, true);

    const error = { InstructionError: [0, { Custom: 1 }] };
    expect(await client.status(signature)).toMatchObject({ error });
    expect(await client.balance(poor.address, 'processed')).toBe(sol - fee);
    await eventually(async () =>
      expect(await client.transaction(signature, 'confirmed')).toMatchObject({ error, fee }),
    );
  });

  it('keeps token amounts exact that no number holds', async () => {
    const { mint, account } = await tokens(client, payer, 8);
    const amount = 80_000_000_000_000_001n;

    const signed = await client.sign(payer, [mintTo(payer, mint.address, account.address, amount)]);
    await client.confirm(signed, 'confirmed');

    expect(await client.tokenBalance(account.address)).toBe('80000000000000001');
    expect(await client.tokenSupply(mint.address)).toBe('80000000000000001');
    expect(await client.tokenAccountsOf(payer.address, mint.address)).toEqual([
      '80000000000000001',
    ]);
  });

  it('finds accounts of a program by size and bytes, and cuts their data', async () => {
    const { mint, account } = await tokens(client, payer, 6);
    const owner = newWallet();
    const second = newWallet();
    const more = await client.sign(
      payer,
      [
        ...createTokenAccount(payer, second, {
          mint: mint.address,
          owner: owner.address,
          rent: rent.account,
        }),
        mintTo(payer, mint.address, account.address, 10n),
        transferTokens(payer, account.address, second.address, 3n),
      ],
      [second],
    );
    await client.confirm(more, 'confirmed');

    const byMint = { bytes: mint.address, offset: 0, size: tokenAccountBytes };
    const byOwner = { bytes: owner.address, offset: 32, size: tokenAccountBytes };
    expect(new Map(await client.programAccounts(tokenProgram, byMint))).toEqual(
      new Map([
        [account.address, 'BwAAAAAAAAA='],
        [second.address, 'AwAAAAAAAAA='],
      ]),
    );
    expect(await client.programAccounts(tokenProgram, byOwner)).toEqual([
      [second.address, 'AwAAAAAAAAA='],
    ]);
    expect(await client.programAccounts(tokenProgram, { ...byOwner, size: 82 })).toEqual([]);
  });

  it('tells of a transaction what it cost, moved and logged', async () => {
    const { mint, account } = await tokens(client, payer, 8);
    const before = await client.balance(payer.address, 'confirmed');
    const signed = await client.sign(payer, [
      mintTo(payer, mint.address, account.address, 5n),
      memo('invoice 7'),
    ]);

    await client.confirm(signed, 'confirmed');

    const facts = await client.transaction(signed.signature, 'confirmed');
    expect(facts).toMatchObject({ error: null, fee, tokensAfter: ['5'], innerCalls: 0 });
    expect(facts?.before[0]).toBe(before);
    expect(facts?.after[0]).toBe(before - fee);
    expect(facts?.units).toBeGreaterThan(0n);
    expect(facts?.logs.join()).toContain('invoice 7');
    expect(await client.transaction(signed.signature, 'finalized')).toBeUndefined();
  });

  it('lists the signatures of an address, newest first, a page at a time', async () => {
    const to = newWallet();
    const sent: string[] = [];
    for (let number = 1n; number <= 5n; number += 1n) {
      const signed = await client.sign(payer, [transfer(payer, to.address, number * sol)]);
      sent.unshift(await client.send(signed.wire));
    }
    const [fifth, fourth, third, second, first] = sent;

    await eventually(async () => expect(await client.signatures(to.address, {})).toEqual(sent));

    expect(await client.signatures(to.address, { limit: 2 })).toEqual([fifth, fourth]);
    expect(await client.signatures(to.address, { before: fourth ?? '', limit: 2 })).toEqual([
      third,
      second,
    ]);
    expect(await client.signatures(to.address, { until: second ?? '' })).toEqual([
      fifth,
      fourth,
      third,
    ]);
    expect(await client.signatures(to.address, { before: second ?? '' })).toEqual([first]);
  });

  it('tells who listens of every change of an account and of its logs', async () => {
    const to = newWallet();
    const balances: bigint[] = [];
    const logged: string[] = [];
    const stops = [
      await client.onAccount(to.address, (lamports) => balances.push(lamports)),
      await client.onLogs(to.address, (signature) => logged.push(signature)),
    ];
    // The libraries subscribe in the background; the first change may come before that.
    await eventually(async () => {
      const poke = await client.sign(payer, [transfer(payer, to.address, sol)]);
      await client.confirm(poke, 'confirmed');
      expect(Math.min(balances.length, logged.length)).toBeGreaterThan(0);
    });
    const before = await client.balance(to.address, 'confirmed');

    const signed = await client.sign(payer, [transfer(payer, to.address, 3n * sol)]);
    await client.confirm(signed, 'confirmed');

    await eventually(() => {
      expect(balances.at(-1)).toBe(before + 3n * sol);
      expect(logged.at(-1)).toBe(signed.signature);
    });
    await Promise.all(stops.map((stop) => stop()));
  });

  it('forgets a transaction whose blockhash is older than 150 blocks', async () => {
    const to = newWallet();
    const signed = await client.sign(payer, [transfer(payer, to.address, sol)]);
    await localnet.warp({ seconds: 61 });

    const thrown: unknown = await client.send(signed.wire).catch((error: unknown) => error);
    const silently = await client.send(signed.wire, true);

    expect(client.refusalOf(thrown).message).toMatch(/[Bb]lockhash/);
    expect(silently).toBe(signed.signature);
    expect(await client.status(signed.signature)).toBeUndefined();
    expect(await client.balance(to.address, 'processed')).toBe(0n);
  });
});

/** A mint of the payer and an account of the payer for it. */
async function tokens(client: Client, payer: Wallet, decimals: number) {
  const mint = newWallet();
  const account = newWallet();
  const signed = await client.sign(
    payer,
    [
      ...createMint(payer, mint, decimals, rent.mint),
      ...createTokenAccount(payer, account, {
        mint: mint.address,
        owner: payer.address,
        rent: rent.account,
      }),
    ],
    [mint, account],
  );
  await client.confirm(signed, 'confirmed');
  return { mint, account };
}
