import type { RewardRoot } from '../../domain/settlement/roots.ts';
import type { ChainSender, SignedTransaction } from '../../ports/chain-sender.ts';
import type { RootCanceller } from '../../ports/reward-roots.ts';
import type { Signer } from '../../ports/signer.ts';
import type { Deployment } from '../../settlement/addresses.ts';
import { computeBudget } from '../../settlement/compute-budget.ts';
import { ioStake } from '../../settlement/io-stake.ts';
import { signTransaction } from './transaction.ts';

/** A cancellation takes some thousand. */
const units = 50_000;
/** Being late costs more than any fee. */
const maxMicroLamportsPerUnit = 10_000_000n;

type Sent = Readonly<{ root: string; transaction: SignedTransaction; lastValidHeight: bigint }>;

/**
 * Cancels roots with the auditor's key. The program takes back whichever root is pending, so one
 * transaction is signed for a root and sent again unchanged; another one only when that can land no more.
 */
export function createRootCanceller(
  chain: ChainSender,
  deployment: Deployment,
  auditor: Signer,
): RootCanceller {
  const cancellation = ioStake(deployment).cancelRoot(auditor.address);
  let sent: Sent | undefined;

  async function sign({ root }: RewardRoot): Promise<Sent> {
    const fee = await chain.priorityFee([cancellation]);
    const microLamportsPerUnit = fee < maxMicroLamportsPerUnit ? fee : maxMicroLamportsPerUnit;
    const { blockhash, lastValidHeight } = await chain.latestBlockhash();
    const instructions = [...computeBudget({ units, microLamportsPerUnit }), cancellation];
    const transaction = await signTransaction([auditor], { instructions, blockhash });
    return { root, transaction, lastValidHeight };
  }

  return {
    cancel: async (root) => {
      const isOver =
        sent?.root !== root.root || (await chain.finalizedHeight()) > sent.lastValidHeight;
      if (isOver) sent = await sign(root);
      const { transaction } = sent ?? (await sign(root));
      await chain.send(transaction.bytes);
      return transaction.signature;
    },
  };
}
