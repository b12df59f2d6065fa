import type { Candidate } from './filters.ts';
import type { PackPlan } from './pack.ts';
import { bestPossibleScore, compareScores, scoreOf } from './score.ts';
import type { Option } from './score.ts';

/**
 * The best of the members by the request's strategy. Packing a member is what costs, so members
 * are packed in the order of the best they could do, until none that is left could do better than
 * what was found.
 */
export function bestOption(
  candidates: readonly Candidate[],
  plan: (candidate: Candidate) => PackPlan | undefined,
): Option | undefined {
  const promising = candidates
    .map((candidate) => ({ candidate, bound: bestPossibleScore(candidate) }))
    .toSorted((left, right) => compareScores(left.bound, right.bound));
  let found: Option | undefined;
  for (const { candidate, bound } of promising) {
    if (found !== undefined && compareScores(bound, found.score) > 0) break;
    const packed = plan(candidate);
    if (packed === undefined) continue;
    const option = { candidate, plan: packed, score: scoreOf(candidate, packed) };
    if (found === undefined || compareScores(option.score, found.score) < 0) found = option;
  }
  return found;
}
