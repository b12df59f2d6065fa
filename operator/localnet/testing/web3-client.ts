import {
  type Commitment,
  Connection,
  Keypair,
  PublicKey,
  SendTransactionError,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import type { Localnet } from '../index.ts';
import { encodeBase58 } from '../chain/base58.ts';
import type { Client, PlainInstruction, Wallet } from './client.ts';

const confirmed: Commitment = 'confirmed';

/** The suite's client on @solana/web3.js 1. */
export function web3Client({ url }: Localnet): Client {
  const connection = new Connection(url, confirmed);
  return { ...sending(connection), ...history(connection), ...balances(connection) };
}

type Part<Names extends keyof Client> = Pick<Client, Names>;

function sending(
  connection: Connection,
): Part<'airdrop' | 'sign' | 'send' | 'refusalOf' | 'confirm'> {
  return {
    airdrop: async (to, lamports) => {
      const signature = await connection.requestAirdrop(key(to), Number(lamports));
      await connection.confirmTransaction(signature, confirmed);
      return signature;
    },
    sign: async (payer, instructions, signers = []) => {
      const { blockhash } = await connection.getLatestBlockhash();
      const transaction = new Transaction({
        feePayer: key(payer.address),
        recentBlockhash: blockhash,
      });
      transaction.add(...instructions.map(instructionOf));
      transaction.sign(...[payer, ...signers].map(keypairOf));
      return {
        signature: encodeBase58(transaction.signature ?? new Uint8Array()),
        wire: transaction.serialize(),
      };
    },
    send: (wire, skipPreflight = false) =>
      connection.sendRawTransaction(wire, { skipPreflight, preflightCommitment: confirmed }),
    refusalOf: (thrown) => {
      const { transactionError } = thrown as SendTransactionError;
      return { message: transactionError.message, logs: transactionError.logs ?? [] };
    },
    confirm: async ({ signature, wire }, level) => {
      await connection.sendRawTransaction(wire);
      const latest = await connection.getLatestBlockhash();
      await connection.confirmTransaction({ signature, ...latest }, level);
    },
  };
}

function history(connection: Connection): Part<'slot' | 'status' | 'signatures' | 'transaction'> {
  return {
    slot: async (level) => BigInt(await connection.getSlot(level)),
    status: async (of) => {
      const { value } = await connection.getSignatureStatus(of);
      if (value === null) return undefined;
      return { level: value.confirmationStatus ?? '', error: value.err };
    },
    signatures: async (of, page) =>
      (await connection.getSignaturesForAddress(key(of), page)).map(({ signature }) => signature),
    transaction: async (of, level) => {
      const found = await connection.getTransaction(of, {
        commitment: level,
        maxSupportedTransactionVersion: 0,
      });
      const meta = found?.meta;
      if (found === null || meta === null || meta === undefined) return undefined;
      return {
        slot: BigInt(found.slot),
        error: meta.err,
        fee: BigInt(meta.fee),
        before: meta.preBalances.map(BigInt),
        after: meta.postBalances.map(BigInt),
        tokensAfter: (meta.postTokenBalances ?? []).map((each) => each.uiTokenAmount.amount),
        logs: meta.logMessages ?? [],
        units: BigInt(meta.computeUnitsConsumed ?? 0),
        innerCalls: (meta.innerInstructions ?? []).flatMap((each) => each.instructions).length,
      };
    },
  };
}

function balances(
  connection: Connection,
): Omit<Client, keyof ReturnType<typeof sending> | keyof ReturnType<typeof history>> {
  return {
    balance: async (of, level) => BigInt(await connection.getBalance(key(of), level)),
    tokenBalance: async (of) => (await connection.getTokenAccountBalance(key(of))).value.amount,
    tokenSupply: async (of) => (await connection.getTokenSupply(key(of))).value.amount,
    tokenAccountsOf: async (owner, mint) => {
      const { value } = await connection.getParsedTokenAccountsByOwner(key(owner), {
        mint: key(mint),
      });
      return value.map(({ account }) => account.data.parsed.info.tokenAmount.amount as string);
    },
    programAccounts: async (program, { bytes, offset, size }) => {
      const found = await connection.getProgramAccounts(key(program), {
        filters: [{ memcmp: { offset, bytes } }, { dataSize: size }],
        dataSlice: { offset: 64, length: 8 },
      });
      return found.map(
        ({ pubkey, account }) => [pubkey.toBase58(), account.data.toString('base64')] as const,
      );
    },
    onAccount: async (of, told) => {
      const id = connection.onAccountChange(key(of), ({ lamports }) => told(BigInt(lamports)));
      return () => connection.removeAccountChangeListener(id);
    },
    onLogs: async (of, told) => {
      const id = connection.onLogs(key(of), ({ signature }) => told(signature));
      return () => connection.removeOnLogsListener(id);
    },
  };
}

const key = (address: string): PublicKey => new PublicKey(address);
const keypairOf = ({ secret }: Wallet): Keypair => Keypair.fromSecretKey(secret);

function instructionOf({ program, accounts, data }: PlainInstruction): TransactionInstruction {
  return new TransactionInstruction({
    programId: key(program),
    keys: accounts.map(({ address, signer = false, writable = false }) => ({
      pubkey: key(address),
      isSigner: signer,
      isWritable: writable,
    })),
    data: Buffer.from(data),
  });
}
