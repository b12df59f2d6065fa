import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Asset } from '../../../operator/domain/ledger/types.ts';
import { parseAmount } from '../../../operator/domain/pricing/assets.ts';
import type { DeviceView } from '../../../operator/domain/views/types.ts';
import { ChainUnavailableError } from '../../../operator/ports/chain.ts';
import { TransactionTooLargeError } from '../../../operator/ports/chain-sender.ts';
import {
  type WalletAction,
  WalletActionError,
  type WalletTransactions,
} from '../../../operator/ports/wallet-transactions.ts';
import { base58Decode, base58Encode } from '../../../operator/settlement/base58.ts';
import { isSignedBy } from '../../../operator/settlement/wallet-signature.ts';
import { onlySigner, readWire } from '../../../operator/settlement/wire.ts';
import { Problem } from '../../problem.ts';
import { accessOf, type RequestAccess } from '../auth/access.ts';
import { notFound, ofMember } from '../auth/authority.ts';
import type { Sealer } from '../auth/sealer.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import {
  accountKey,
  asset,
  namespaceName,
  objectName,
  problems,
  walletAddress,
} from '../schemas/common.ts';

const tags = ['Transactions'];
const retrySeconds = 2;
/** What fits into one packet of the network, as base64. */
const maxSignedCharacters = 1_644;
const signatureBytes = 64;

const amountText = 'a decimal number as text, for example "12.50"';
const amount = z.string(amountText).regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, amountText);
const ofDevice = { member: namespaceName, device: objectName };

const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('stake'), ...ofDevice, amount: amount.optional() }),
  z.strictObject({ type: z.literal('unstake'), ...ofDevice }),
  z.strictObject({ type: z.literal('withdrawStake'), ...ofDevice }),
  z.strictObject({ type: z.literal('claim') }),
  z.strictObject({
    type: z.literal('appeal'),
    member: namespaceName,
    case: objectName,
    statement: z.string().min(1).max(4_096),
  }),
  z.strictObject({ type: z.literal('deposit'), account: accountKey, asset, amount }),
]);
type Asked = z.output<typeof action>;

const unsigned = z
  .object({
    transaction: z.string().meta({ description: 'Base64, with an empty signature.' }),
    summary: z.array(z.string()).meta({ description: 'What it does, in lines for people.' }),
    handle: z.string().meta({ description: 'By which it is sent once it is signed.' }),
  })
  .meta({ id: 'UnsignedTransaction' });

const state = z
  .object({
    state: z.enum(['Missing', 'Processing', 'Finalized', 'Failed']),
    reason: z.string().optional(),
  })
  .meta({ id: 'TransactionState' });

const base64Text = 'base64 of a signed transaction';

/**
 * What a wallet does on the chain. The server builds it and never signs; it hands on nothing but what it
 * built itself, which the handle shows: a mark of ours over what is signed.
 */
export const addTransactionRoutes: AddRoutes = (server, context) => {
  const { transactions } = context.ports;
  if (transactions === undefined) return;

  server.post(
    '/transactions',
    {
      config: { access: 'signedIn' },
      schema: {
        tags,
        summary: 'Build a transaction for a wallet to sign',
        body: z.strictObject({ action, wallet: walletAddress }),
        response: { 200: unsigned, ...problems(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { action: asked, wallet } = request.body;
      const access = accessOf(request);
      await mayUse(access, context, wallet, asked);
      const wanted = await actionOf(context, access, asked);
      const built = await fromChain(() => transactions.build(wallet, wanted));
      return {
        transaction: Buffer.from(built.transaction).toString('base64'),
        summary: [...built.summary],
        handle: handleOf(context.sealer, built.message).toString('base64url'),
      };
    },
  );

  addSending(server, context, transactions);
};

function addSending(
  server: Parameters<AddRoutes>[0],
  { sealer }: RouteContext,
  transactions: WalletTransactions,
): void {
  server.post(
    '/transactions/:handle',
    {
      config: { access: 'signedIn' },
      schema: {
        tags,
        summary: 'Send a transaction that was built here, signed',
        description: 'Sent again, the same transaction goes out again; it has its effect once.',
        params: z.strictObject({ handle: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
        body: z.strictObject({
          signed: z
            .string(base64Text)
            .max(maxSignedCharacters, base64Text)
            .regex(/^[A-Za-z0-9+/]+={0,2}$/, base64Text),
        }),
        response: { 200: z.object({ signature: z.string() }), ...problems(400, 401, 422, 503) },
      },
    },
    async ({ params, body }) => {
      const bytes = Buffer.from(body.signed, 'base64');
      const signature = judged(sealer, params.handle, bytes);
      await fromChain(() => transactions.send(bytes));
      return { signature };
    },
  );

  server.get(
    '/transactions/:signature',
    {
      config: { access: 'signedIn' },
      schema: {
        tags,
        summary: 'What became of a transaction',
        params: z.strictObject({
          signature: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/, 'a signature in base58'),
        }),
        response: { 200: state, ...problems(400, 401, 503) },
      },
    },
    async ({ params: { signature } }) => {
      if (base58Decode(signature).length !== signatureBytes) {
        throw new Problem(400, 'ValidationFailed', 'the path names no signature in base58');
      }
      const seen = await fromChain(() => transactions.seen(signature));
      return seen.kind === 'Failed'
        ? { state: 'Failed' as const, reason: seen.failure.name }
        : { state: seen.kind };
    },
  );
}

/** Whoever holds the wallet may; else who may update the account that it belongs to, or pays into. */
async function mayUse(
  access: RequestAccess,
  { ports }: RouteContext,
  wallet: string,
  asked: Asked,
): Promise<void> {
  if (access.principal.wallet === wallet) return;
  const account = asked.type === 'deposit' ? asked.account : await ports.tenants.accountOf(wallet);
  if (account === undefined) {
    const text = 'sign in with this wallet, or prove it for an account that you may update';
    throw new Problem(403, 'NotYourWallet', text);
  }
  const [namespace = '', name = ''] = account.split('/');
  const right = { verb: 'update', resource: 'ioaccounts', namespace, name } as const;
  if (await access.may(right)) return;
  if (asked.type === 'deposit') return access.authorize(right);
  const text = 'the wallet belongs to an account that you may not update';
  throw new Problem(403, 'NotYourWallet', text);
}

/** What is asked for with all that the server knows about it. */
async function actionOf(
  { ports }: RouteContext,
  access: RequestAccess,
  asked: Asked,
): Promise<WalletAction> {
  switch (asked.type) {
    case 'claim':
    case 'unstake':
    case 'withdrawStake':
      return asked;
    case 'deposit':
      return { ...asked, amount: amountOf(asked.amount, asked.asset) };
    case 'stake': {
      const { member, device } = asked;
      const given = asked.amount;
      if (given !== undefined) return { ...asked, amount: amountOf(given, 'IO') };
      const right = ofMember('get', 'iodevices', member, device);
      const view = await ports.views.device(member, device);
      if (view === undefined || !(await access.may(right))) throw notFound(right);
      return { type: 'stake', member, device, amount: missingStake(view) };
    }
    case 'appeal': {
      const { member, case: name, statement } = asked;
      const right = ofMember('get', 'ioslashcases', member, name);
      const found = await ports.views.case(member, name);
      if (found === undefined || !(await access.may(right))) throw notFound(right);
      if (found.chainAddress === undefined) {
        throw new Problem(409, 'NoCase', 'the case is not on the chain yet; ask again later');
      }
      return { type: 'appeal', caseAddress: found.chainAddress, statement };
    }
  }
}

function amountOf(text: string, of: Asset): bigint {
  const read = parseAmount(text, of);
  if (read !== undefined && read > 0n && read < 2n ** 63n) return read;
  const error = {
    field: 'action.amount',
    got: JSON.stringify(text),
    expected: `an amount of ${of}`,
  };
  throw new Problem(400, 'ValidationFailed', `${text} is no amount of ${of}`, { errors: [error] });
}

/** What the device still needs. */
function missingStake({ stake }: DeviceView): bigint {
  if (stake === undefined) {
    const text = 'the hub does not say what the device needs; name an amount';
    throw new Problem(409, 'StakeUnknown', text);
  }
  const [required = 0n, has = 0n] = [stake.required, stake.amount].map((each) =>
    parseAmount(each, 'IO'),
  );
  if (required > has) return required - has;
  throw new Problem(409, 'Staked', `the device has all of the ${stake.required} IO that it needs`);
}

/** The mark of what is signed, which only a server of this site can make. */
const handleOf = (sealer: Sealer, message: Uint8Array): Buffer =>
  sealer.mark('transaction', Buffer.from(message).toString('base64'));

/** The signature of a transaction that was built here, whole and signed. Throws a problem for any other. */
function judged(sealer: Sealer, handle: string, bytes: Uint8Array): string {
  const { signatures = [], message } = readWire(bytes) ?? {};
  const [signature] = signatures;
  const signer = message === undefined ? undefined : onlySigner(message);
  if (message === undefined || signature === undefined || signer === undefined) {
    throw new Problem(422, 'NotATransaction', 'the bytes are no transaction of one signer');
  }
  const own = handleOf(sealer, message);
  const given = Buffer.from(handle, 'base64url');
  if (signatures.length !== 1 || given.length !== own.length || !timingSafeEqual(given, own)) {
    const text = 'it is not what was built here; the wallet may have altered it. Build it anew';
    throw new Problem(422, 'Altered', text);
  }
  if (!isSignedBy(signer, message, signature)) {
    throw new Problem(422, 'WrongSignature', 'the signature is not one of the wallet for this');
  }
  return base58Encode(signature);
}

async function fromChain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WalletActionError) throw new Problem(409, error.fault, error.message);
    if (error instanceof TransactionTooLargeError) {
      throw new Problem(409, 'TooLarge', 'it does not fit into one transaction');
    }
    if (!(error instanceof ChainUnavailableError)) throw error;
    const details = { retryAfterSeconds: retrySeconds };
    throw new Problem(503, 'ChainUnavailable', 'no node of the chain answers', details);
  }
}
