import { useEffect, useEffectEvent, useReducer } from 'react';
import { useSite } from '../app/session.ts';
import { api } from '../client/fetch.ts';
import type { Signer } from './signer.ts';
import { beginning, type Flow, nextFlow } from './transaction-flow.ts';
import { runStep, type TransactionAction } from './transactions.ts';

/** One transaction from what is wanted to what the chain has; each step does its own work. */
export function useTransaction(
  action: TransactionAction,
  signer: Signer,
): Readonly<{ flow: Flow; sign: () => void; begin: () => void }> {
  const [flow, dispatch] = useReducer(nextFlow, beginning);
  const chain = `solana:${useSite()?.chainId ?? ''}`;
  // Only the step moves the work on: who signs what is fixed while the dialog is open.
  const work = useEffectEvent(async (step: Flow, signal: AbortSignal): Promise<void> => {
    const event = await runStep(step, { api, action, signer, chain, wait }, signal);
    if (event !== undefined && !signal.aborted) dispatch(event);
  });
  useEffect(() => {
    const stop = new AbortController();
    void work(flow, stop.signal);
    return () => stop.abort();
  }, [flow]);
  return { flow, sign: () => dispatch({ type: 'sign' }), begin: () => dispatch({ type: 'begin' }) };
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      clearTimeout(timer);
      reject(new Error('stopped'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
