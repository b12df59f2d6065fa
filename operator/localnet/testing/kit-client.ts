import {
  AccountRole,
  address,
  addSignersToTransactionMessage,
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  type Base58EncodedBytes,
  type Base64EncodedWireTransaction,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  type Signature,
  sendAndConfirmTransactionFactory,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import type { Localnet } from '../index.ts';
import type { Client, PlainInstruction } from './client.ts';

const confirmed = 'confirmed';
const roles = {
  none: AccountRole.READONLY,
  writable: AccountRole.WRITABLE,
  signer: AccountRole.READONLY_SIGNER,
  both: AccountRole.WRITABLE_SIGNER,
} as const;

/** The suite's client on @solana/kit. */
export function kitClient(localnet: Localnet): Client {
  const ends = endsOf(localnet);
  return { ...sending(ends), ...history(ends), ...balances(ends), ...listening(ends) };
}

type Part<Names extends keyof Client> = Pick<Client, Names>;
type Ends = ReturnType<typeof endsOf>;

function endsOf({ url, wsUrl }: Localnet) {
  return {
    rpc: createSolanaRpc(url),
    rpcSubscriptions: createSolanaRpcSubscriptions(wsUrl),
  };
}

function sending({
  rpc,
  rpcSubscriptions,
}: Ends): Part<'airdrop' | 'sign' | 'send' | 'refusalOf' | 'confirm'> {
  const airdrop = airdropFactory({ rpc, rpcSubscriptions });
  const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
  const signed = new Map<string, Parameters<typeof sendAndConfirm>[0]>();
  return {
    airdrop: (to, amount) =>
      airdrop({ commitment: confirmed, lamports: lamports(amount), recipientAddress: address(to) }),
    sign: async (payer, instructions, signers = []) => {
      const { value } = await rpc.getLatestBlockhash({ commitment: confirmed }).send();
      const [first, ...others] = await Promise.all(
        [payer, ...signers].map(({ secret }) => createKeyPairSignerFromBytes(secret)),
      );
      if (first === undefined) throw new Error('nobody pays');
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (each) => setTransactionMessageFeePayerSigner(first, each),
        (each) => setTransactionMessageLifetimeUsingBlockhash(value, each),
        (each) => appendTransactionMessageInstructions(instructions.map(instructionOf), each),
        (each) => addSignersToTransactionMessage(others, each),
      );
      const transaction = await signTransactionMessageWithSigners(message);
      const signature = getSignatureFromTransaction(transaction);
      assertIsTransactionWithBlockhashLifetime(transaction);
      signed.set(signature, transaction);
      return {
        signature,
        wire: Buffer.from(getBase64EncodedWireTransaction(transaction), 'base64'),
      };
    },
    send: (wire: Uint8Array, skipPreflight = false) =>
      rpc
        .sendTransaction(Buffer.from(wire).toString('base64') as Base64EncodedWireTransaction, {
          encoding: 'base64',
          preflightCommitment: confirmed,
          skipPreflight,
        })
        .send(),
    refusalOf: (thrown) => {
      const { context, cause } = thrown as {
        context: { logs?: readonly string[] };
        cause?: { message: string };
      };
      return { message: cause?.message ?? '', logs: context.logs ?? [] };
    },
    confirm: async ({ signature }, commitment) => {
      const transaction = signed.get(signature);
      if (transaction === undefined) throw new Error(`${signature} was not signed here`);
      await sendAndConfirm(transaction, { commitment, preflightCommitment: confirmed });
    },
  };
}

function history({ rpc }: Ends): Part<'slot' | 'status' | 'signatures' | 'transaction'> {
  return {
    slot: (commitment) => rpc.getSlot({ commitment }).send(),
    status: async (of) => {
      const { value } = await rpc.getSignatureStatuses([of as Signature]).send();
      const [status] = value;
      if (status === null || status === undefined) return undefined;
      return { level: status.confirmationStatus ?? '', error: plain(status.err) };
    },
    signatures: async (of, page) => {
      const config = { ...page, commitment: confirmed } as Parameters<
        typeof rpc.getSignaturesForAddress
      >[1];
      const found = await rpc.getSignaturesForAddress(address(of), config).send();
      return found.map(({ signature }) => signature);
    },
    transaction: async (of, commitment) => {
      const found = await rpc
        .getTransaction(of as Signature, {
          commitment,
          encoding: 'json',
          maxSupportedTransactionVersion: 0,
        })
        .send();
      const meta = found?.meta;
      if (found === null || meta === null || meta === undefined) return undefined;
      return {
        slot: found.slot,
        error: plain(meta.err),
        fee: meta.fee,
        before: meta.preBalances,
        after: meta.postBalances,
        tokensAfter: (meta.postTokenBalances ?? []).map((each) => each.uiTokenAmount.amount),
        logs: meta.logMessages ?? [],
        units: meta.computeUnitsConsumed ?? 0n,
        innerCalls: (meta.innerInstructions ?? []).flatMap((each) => each.instructions).length,
      };
    },
  };
}

function balances({
  rpc,
}: Ends): Part<'balance' | 'tokenBalance' | 'tokenSupply' | 'tokenAccountsOf' | 'programAccounts'> {
  return {
    balance: async (of, commitment) =>
      (await rpc.getBalance(address(of), { commitment }).send()).value,
    tokenBalance: async (of) =>
      (await rpc.getTokenAccountBalance(address(of), { commitment: confirmed }).send()).value
        .amount,
    tokenSupply: async (of) =>
      (await rpc.getTokenSupply(address(of), { commitment: confirmed }).send()).value.amount,
    tokenAccountsOf: async (owner, mint) => {
      const { value } = await rpc
        .getTokenAccountsByOwner(
          address(owner),
          { mint: address(mint) },
          { commitment: confirmed, encoding: 'jsonParsed' },
        )
        .send();
      return value.map(({ account }) => account.data.parsed.info.tokenAmount.amount);
    },
    programAccounts: async (program, { bytes, offset, size }) => {
      const found = await rpc
        .getProgramAccounts(address(program), {
          commitment: confirmed,
          encoding: 'base64',
          dataSlice: { offset: 64, length: 8 },
          filters: [
            {
              memcmp: {
                offset: BigInt(offset),
                bytes: bytes as Base58EncodedBytes,
                encoding: 'base58',
              },
            },
            { dataSize: BigInt(size) },
          ],
        })
        .send();
      return found.map(({ pubkey, account }) => [pubkey, account.data[0]] as const);
    },
  };
}

function listening({ rpcSubscriptions }: Ends): Part<'onAccount' | 'onLogs'> {
  return {
    onAccount: async (of, told) => {
      const stop = new AbortController();
      const notifications = await rpcSubscriptions
        .accountNotifications(address(of), { commitment: confirmed })
        .subscribe({ abortSignal: stop.signal });
      const reading = tellEach(notifications, ({ value }) => told(value.lamports));
      return () => ended(stop, reading);
    },
    onLogs: async (of, told) => {
      const stop = new AbortController();
      const notifications = await rpcSubscriptions
        .logsNotifications({ mentions: [address(of)] }, { commitment: confirmed })
        .subscribe({ abortSignal: stop.signal });
      const reading = tellEach(notifications, ({ value }) => told(value.signature));
      return () => ended(stop, reading);
    },
  };
}

async function tellEach<Item>(
  items: AsyncIterable<Item>,
  told: (item: Item) => void,
): Promise<void> {
  for await (const item of items) told(item);
}

async function ended(stop: AbortController, reading: Promise<void>): Promise<void> {
  stop.abort();
  await reading;
}

/** Kit reads every integer as a bigint, also the places and codes in errors. */
function plain(error: unknown): unknown {
  return JSON.parse(
    JSON.stringify(error, (_key, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    ),
  );
}

function instructionOf({ program, accounts, data }: PlainInstruction) {
  return {
    programAddress: address(program),
    accounts: accounts.map(({ address: of, signer = false, writable = false }) => ({
      address: address(of),
      role: roles[signer ? (writable ? 'both' : 'signer') : writable ? 'writable' : 'none'],
    })),
    data,
  };
}
