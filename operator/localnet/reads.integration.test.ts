import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AddressLookupTableProgram,
  type AddressLookupTableAccount,
  Connection,
  Keypair,
  PublicKey,
  SystemProgram,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { zstdDecompressSync } from 'node:zlib';
import { eventually } from '../testing/eventually.ts';
import { decodeBase58 } from './chain/base58.ts';
import { tokenProgram } from './chain/token.ts';
import { type Localnet, startLocalnet } from './index.ts';
import type { Client, Wallet } from './testing/client.ts';
import {
  createMint,
  createTokenAccount,
  memo,
  mintTo,
  newWallet,
  transfer,
} from './testing/wallets.ts';
import { web3Client } from './testing/web3-client.ts';

const sol = 1_000_000_000n;
const rent = { mint: 1_461_600n, account: 2_039_280n };
const confirmed = 'confirmed';

let localnet: Localnet;
let client: Client;
let connection: Connection;
let payer: Wallet;
let mint: Wallet;
let account: Wallet;

beforeAll(async () => {
  localnet = await startLocalnet({ slotMs: 25 });
  client = web3Client(localnet);
  connection = new Connection(localnet.url, confirmed);
  [payer, mint, account] = [newWallet(), newWallet(), newWallet()];
  await client.airdrop(payer.address, 1_000n * sol);
  const owned = { mint: mint.address, owner: payer.address, rent: rent.account };
  const made = await client.sign(
    payer,
    [
      ...createMint(payer, mint, 8, rent.mint),
      ...createTokenAccount(payer, account, owned),
      mintTo(payer, mint.address, account.address, 123_000_000n),
    ],
    [mint, account],
  );
  await client.confirm(made, confirmed);
});

afterAll(() => localnet.close());

async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(localnet.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
  return result ?? error;
}

async function infoOf(of: string, config: object): Promise<unknown> {
  const { value } = (await ask('getAccountInfo', [of, { commitment: confirmed, ...config }])) as {
    value: { data: unknown };
  };
  return value.data;
}

describe('the data of an account', () => {
  it('is told in the encoding that was asked for, whole or cut', async () => {
    const slice = { dataSlice: { offset: 36, length: 8 } };
    const supply = Buffer.alloc(8);
    supply.writeBigUInt64LE(123_000_000n);
    const compressed = (await infoOf(mint.address, { encoding: 'base64+zstd', ...slice })) as [
      string,
    ];

    expect(await infoOf(mint.address, { encoding: 'base64', ...slice })).toEqual([
      supply.toString('base64'),
      'base64',
    ]);
    const [text] = (await infoOf(mint.address, { encoding: 'base58', ...slice })) as [string];
    expect(Buffer.from(decodeBase58(text) ?? [])).toEqual(supply);
    expect(zstdDecompressSync(Buffer.from(compressed[0], 'base64'))).toEqual(supply);
    expect(await infoOf(mint.address, slice)).toBe(text);
  });

  it('is not told in base58 when it is long', async () => {
    const config = { commitment: confirmed, encoding: 'base58' };
    expect(await ask('getAccountInfo', [account.address, config])).toMatchObject({
      code: -32600,
      message: expect.stringContaining('please use Base64 encoding'),
    });
  });

  it('of mints and token accounts is parsed', async () => {
    expect(await infoOf(mint.address, { encoding: 'jsonParsed' })).toEqual({
      program: 'spl-token',
      parsed: {
        type: 'mint',
        info: {
          mintAuthority: payer.address,
          supply: '123000000',
          decimals: 8,
          isInitialized: true,
          freezeAuthority: null,
        },
      },
      space: 82,
    });
    expect(await infoOf(account.address, { encoding: 'jsonParsed' })).toMatchObject({
      parsed: {
        type: 'account',
        info: {
          mint: mint.address,
          owner: payer.address,
          state: 'initialized',
          isNative: false,
          tokenAmount: { amount: '123000000', decimals: 8, uiAmountString: '1.23' },
        },
      },
    });
  });
});

describe('history', () => {
  it('has blocks with the transactions that landed in them', async () => {
    const signed = await client.sign(payer, [transfer(payer, newWallet().address, sol)]);
    await client.confirm(signed, confirmed);
    const { slot = 0n } = (await client.transaction(signed.signature, confirmed)) ?? {};

    const block = await connection.getBlock(Number(slot), { commitment: confirmed });
    const before = await connection.getBlock(Number(slot) - 1, { commitment: confirmed });

    expect(block?.transactions.map((each) => each.transaction.signatures[0])).toContain(
      signed.signature,
    );
    expect(block).toMatchObject({
      parentSlot: Number(slot) - 1,
      previousBlockhash: before?.blockhash,
    });
    expect(await connection.getBlockTime(Number(slot))).toBe(block?.blockTime);
    expect(await connection.getBlocks(Number(slot), Number(slot), confirmed)).toEqual([
      Number(slot),
    ]);
  });

  it('lists memos with their length', async () => {
    const to = newWallet().address;
    const signed = await client.sign(payer, [transfer(payer, to, sol), memo('invoice 7')]);
    await client.confirm(signed, confirmed);

    expect(await connection.getSignaturesForAddress(new PublicKey(to))).toMatchObject([
      { signature: signed.signature, memo: '[9] invoice 7', err: null },
    ]);
  });

  it('of old transactions is only told to who searches for them', async () => {
    const signed = await client.sign(payer, [transfer(payer, newWallet().address, sol)]);
    await client.confirm(signed, confirmed);
    await localnet.warp({ seconds: 3_600 });
    const search = { searchTransactionHistory: true };

    expect(await connection.getSignatureStatus(signed.signature)).toMatchObject({ value: null });
    expect(await connection.getSignatureStatus(signed.signature, search)).toMatchObject({
      value: { err: null, confirmationStatus: 'finalized', confirmations: null },
    });
  });
});

describe('a transaction with a lookup table', () => {
  const send = async (
    instructions: TransactionInstruction[],
    tables?: AddressLookupTableAccount[],
  ) => {
    const signer = Keypair.fromSecretKey(payer.secret);
    const latest = await connection.getLatestBlockhash();
    const transaction = new VersionedTransaction(
      new TransactionMessage({
        payerKey: signer.publicKey,
        recentBlockhash: latest.blockhash,
        instructions,
      }).compileToV0Message(tables),
    );
    transaction.sign([signer]);
    const signature = await connection.sendTransaction(transaction);
    await connection.confirmTransaction({ signature, ...latest }, confirmed);
    return signature;
  };

  it('pays who only stands in the table, and says whom it loaded', async () => {
    const authority = new PublicKey(payer.address);
    const to = new PublicKey(newWallet().address);
    const recentSlot = await connection.getSlot();
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      authority,
      payer: authority,
      recentSlot,
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
      authority,
      payer: authority,
      lookupTable: table,
      addresses: [to],
    });
    await send([create, extend]);
    const { value } = await connection.getAddressLookupTable(table);

    const payment = { fromPubkey: authority, toPubkey: to, lamports: sol };
    const signature = await send([SystemProgram.transfer(payment)], value === null ? [] : [value]);

    expect(await connection.getBalance(to)).toBe(Number(sol));
    const config = { commitment: confirmed, maxSupportedTransactionVersion: 0 } as const;
    expect(await connection.getTransaction(signature, config)).toMatchObject({
      version: 0,
      meta: { loadedAddresses: { writable: [to], readonly: [] } },
    });
    await expect(
      ask('getTransaction', [signature, { commitment: confirmed }]),
    ).resolves.toMatchObject({
      code: -32015,
    });
    const [found] = await connection.getSignaturesForAddress(to);
    expect(found?.signature).toBe(signature);
  });
});

describe('accounts of a program', () => {
  it('are told when they change, if they pass the filters', async () => {
    const amounts: bigint[] = [];
    const id = connection.onProgramAccountChange(
      new PublicKey(tokenProgram),
      ({ accountId, accountInfo }) => {
        if (accountId.toBase58() === account.address) {
          amounts.push(accountInfo.data.readBigUInt64LE(64));
        }
      },
      { commitment: confirmed, filters: [{ dataSize: 165 }] },
    );

    await eventually(async () => {
      const signed = await client.sign(payer, [
        mintTo(payer, mint.address, account.address, BigInt(amounts.length + 1)),
      ]);
      await client.confirm(signed, confirmed);
      expect(amounts.length).toBeGreaterThan(1);
    });

    // What was told last may still be under way.
    await eventually(async () => {
      expect(amounts.at(-1)).toBe(BigInt(await client.tokenBalance(account.address)));
    });
    await connection.removeProgramAccountChangeListener(id);
  });
});
