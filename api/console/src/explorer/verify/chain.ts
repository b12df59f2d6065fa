import { fromHex, toHex } from '../../../../../operator/domain/settlement/hex.ts';
import type { Sha256 } from '../../../../../operator/domain/settlement/merkle.ts';
import type { EpochView } from '../../../../../operator/domain/views/public.ts';

/** What came of computing an epoch's chain again. */
export type ChainVerdict =
  | 'Right'
  | 'Wrong'
  /** The epoch before is not at hand, so there is nothing to begin from. */
  | 'NoPredecessor'
  /** Digest or chain are not 32 bytes in hexadecimal. */
  | 'Unreadable';

type Told = Pick<EpochView, 'epoch' | 'digest' | 'chain'>;

const hashPattern = /^[0-9a-f]{64}$/i;
const chainBeforeFirst = '0'.repeat(64);

/**
 * Computes the chain of each epoch again from the chain of the one before and its digest, as
 * docs/ledger.md says. Whoever changed an epoch had to change all later chains.
 * @returns by epoch
 */
export function checkChain(
  epochs: readonly Told[],
  sha256: Sha256,
): ReadonlyMap<number, ChainVerdict> {
  const chains = new Map([
    [0, chainBeforeFirst],
    ...epochs.map(({ epoch, chain }) => [epoch, chain] as const),
  ]);
  return new Map(
    epochs.map((told) => [told.epoch, verdictOf(told, chains.get(told.epoch - 1), sha256)]),
  );
}

function verdictOf(
  { digest, chain }: Told,
  before: string | undefined,
  sha256: Sha256,
): ChainVerdict {
  if (!hashPattern.test(digest) || !hashPattern.test(chain)) return 'Unreadable';
  if (before === undefined || !hashPattern.test(before)) return 'NoPredecessor';
  return toHex(sha256(fromHex(before + digest))) === chain.toLowerCase() ? 'Right' : 'Wrong';
}
