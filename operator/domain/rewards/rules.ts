import { compareText } from '../order.ts';
import { multipliers202506 } from './multipliers-2025-06.ts';
import type { RewardRules } from './types.ts';

/** The rules when nobody says otherwise. */
export const defaultRewardRules: RewardRules = {
  emission: { kind: 'hourly-disinflation' },
  pools: [
    { name: 'enterprise', basisPoints: 9_500 },
    { name: 'community', basisPoints: 500 },
  ],
  multipliers: multipliers202506,
  uptimeWindowMinutes: 300,
  allowedDownMinutes: 10,
  stakeRequired: false,
  leasedBonusPercent: 10,
};

/** The rules as text: JSON with sorted keys and no spaces, amounts as strings. Its sha256 names them. */
export function canonicalRules(rules: RewardRules): string {
  return JSON.stringify(rules, (_, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => compareText(a, b)));
  });
}
