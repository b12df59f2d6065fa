import type { api } from '../client/fetch.ts';
import { ApiProblem } from '../client/problem.ts';
import type { Answer } from '../client/typed.ts';
import { fromBase64, toBase64 } from './bytes.ts';
import type { Signer } from './signer.ts';
import { signTransaction, WalletError } from './standard.ts';
import type { BuiltTransaction, Flow, FlowEvent } from './transaction-flow.ts';

/** What a wallet can do here; the server makes a transaction of it. */
export type TransactionAction =
  | Readonly<{ type: 'stake'; member: string; device: string; amount: string }>
  | Readonly<{ type: 'unstake' | 'withdrawStake'; member: string; device: string }>
  | Readonly<{ type: 'claim' }>
  | Readonly<{ type: 'appeal'; member: string; case: string; statement: string }>
  | Readonly<{
      type: 'deposit';
      account: string;
      asset: 'USDC' | 'IO';
      amount: string;
    }>;

/** What the steps of a transaction need; `wait` resolves after so many milliseconds. */
export type FlowContext = Readonly<{
  api: typeof api;
  action: TransactionAction;
  signer: Signer;
  /** As the wallet standard names it, for example solana:mainnet. */
  chain: string;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
}>;

const pollMs = 1_500;
const mostPolls = 80;

/** Does what a step is there for. Undefined: the step waits for a person, or is an end. */
export async function runStep(
  flow: Flow,
  context: FlowContext,
  signal: AbortSignal,
): Promise<FlowEvent | undefined> {
  try {
    switch (flow.step) {
      case 'Building':
        return { type: 'built', built: await build(context, signal) };
      case 'Signing':
        return { type: 'signed', signed: await sign(flow.built, context) };
      case 'Sending':
        return { type: 'sent', signature: await send(flow.built, flow.signed, context) };
      case 'Waiting':
        return await settled(flow.signature, context, signal);
      case 'Review':
      case 'Done':
      case 'Failed':
        return undefined;
    }
  } catch (error) {
    return { type: flow.step === 'Sending' && !isRefusal(error) ? 'lost' : 'failed', error };
  }
}

/** The server said no; anything else may have happened after it was sent. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ApiProblem && error.status >= 400 && error.status < 500;

function build(
  { api, action, signer }: FlowContext,
  signal: AbortSignal,
): Promise<BuiltTransaction> {
  const body = { action, wallet: signer.account.address };
  return api<BuiltTransaction>('/transactions', { method: 'POST', body, signal });
}

async function sign(
  { transaction }: BuiltTransaction,
  { signer: { wallet, account }, chain }: FlowContext,
): Promise<string> {
  const bytes = fromBase64(transaction);
  return toBase64(await signTransaction(wallet, account, { transaction: bytes, chain }));
}

/** Goes on though the page is closed: what was signed is either sent or not, never half. */
async function send(
  { handle }: BuiltTransaction,
  signed: string,
  { api }: FlowContext,
): Promise<string> {
  const path = `/transactions/${encodeURIComponent(handle)}`;
  const { signature } = await api<{ signature: string }>(path, {
    method: 'POST',
    body: { signed },
  });
  return signature;
}

async function settled(
  signature: string,
  { api, wait }: FlowContext,
  signal: AbortSignal,
): Promise<FlowEvent> {
  let last: unknown = new WalletError('It was sent, and nothing was heard of it yet.');
  for (let poll = 0; poll < mostPolls; poll += 1) {
    await wait(pollMs, signal);
    try {
      const path = `/transactions/${encodeURIComponent(signature)}`;
      const { state, reason } = await api<Answer<'TransactionState'>>(path, { signal });
      if (state === 'Finalized') return { type: 'final' };
      if (state === 'Failed') {
        return { type: 'failed', error: new WalletError(reason ?? 'The chain refused it.') };
      }
    } catch (error) {
      if (signal.aborted) throw error;
      last = error;
    }
  }
  return { type: 'lost', error: last };
}
