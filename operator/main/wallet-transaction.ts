import { withBudget } from '../adapters/solana/budget.ts';
import { signTransaction } from '../adapters/solana/transaction.ts';
import { ConfigError } from '../config.ts';
import type { Failure } from '../domain/settlement/send.ts';
import type { ChainInstruction } from '../domain/settlement/types.ts';
import type { Chain } from '../ports/chain.ts';
import type { ChainSender } from '../ports/chain-sender.ts';
import type { Signer } from '../ports/signer.ts';
import { sleep, systemClock } from '../runtime/clock.ts';
import { ioStake, type IoStake } from '../settlement/io-stake.ts';
import { verdictOf } from '../settlement/operations/failures.ts';
import { openSolana, type WithChain } from './solana.ts';

/** What a command of a person does on the chain with. */
export type Program = Readonly<{ chain: Chain & ChainSender; program: IoStake }>;

const askMs = 500;
const resendMs = 2_000;

/** The chain and the program that flags name. Throws ConfigError without them. */
export function openProgram(config: WithChain): Program {
  const solana = openSolana(config);
  if (solana === undefined) {
    throw new ConfigError(`io-operator ${config.command}: --solana-rpc-url is needed`);
  }
  return { chain: solana.chain, program: ioStake(solana.deployment) };
}

/** Sends instructions that `wallet` signs and pays for, once, and waits until they are final. */
export async function sendAs(
  wallet: Signer,
  { chain }: Program,
  instructions: readonly ChainInstruction[],
): Promise<string> {
  const { instructions: budgeted } = await withBudget(wallet.address, chain, instructions);
  const { blockhash, lastValidHeight } = await chain.latestBlockhash();
  const { signature, bytes } = await signTransaction([wallet], {
    instructions: budgeted,
    blockhash,
  });
  for (let sentAtMs = Number.NEGATIVE_INFINITY; ; ) {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - sentAtMs >= resendMs) {
      await chain.send(bytes);
      sentAtMs = nowMs;
    }
    // The height comes first: what is missing after it was passed is missing for good.
    const height = await chain.finalizedHeight();
    const [seen] = await chain.seen([signature]);
    if (seen?.kind === 'Finalized') return signature;
    if (seen?.kind === 'Failed') throw new Error(`${signature} failed: ${textOf(seen.failure)}`);
    if (seen?.kind === 'Missing' && height > lastValidHeight) {
      throw new Error(`${signature} did not get onto the chain in time; try again`);
    }
    await sleep(systemClock, askMs);
  }
}

const textOf = (failure: Failure): string => verdictOf(failure).message;
