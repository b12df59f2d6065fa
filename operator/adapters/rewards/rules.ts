import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defaultRewardRules } from '../../domain/rewards/rules.ts';
import type { RewardRules } from '../../domain/rewards/types.ts';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/, 'must be a name');
const amount = z
  .string()
  .regex(/^[0-9]{1,18}$/, 'must be a whole number in quotes')
  .transform(BigInt);
const minutes = z.int().min(0).max(1_440);

const emission = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hourly-disinflation') }),
  z.strictObject({ kind: z.literal('monthly') }),
  z.strictObject({ kind: z.literal('usd-target'), microUsdPerEpoch: amount }),
]);

const multipliers = z.strictObject({
  date: z.iso.date(),
  models: z.record(name, z.strictObject({ pool: name, milli: z.int().min(0).max(1_000_000) })),
});

const rewardRules = z
  .strictObject({
    emission,
    pools: z.array(z.strictObject({ name, basisPoints: z.int().min(0).max(10_000) })).max(16),
    multipliers,
    uptimeWindowMinutes: minutes.min(1),
    allowedDownMinutes: minutes,
    stakeRequired: z.boolean(),
    leasedBonusPercent: z.int().min(0).max(1_000),
  })
  .superRefine(({ pools, ...rules }, context) => {
    const complain = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const names = new Set(pools.map((pool) => pool.name));
    if (names.size < pools.length) complain('pools', 'a pool is named twice');
    if (pools.reduce((sum, { basisPoints }) => sum + basisPoints, 0) > 10_000) {
      complain('pools', 'basisPoints add up to more than 10000');
    }
    const lost = Object.values(rules.multipliers.models).find(({ pool }) => !names.has(pool));
    if (lost !== undefined) complain('multipliers', `there is no pool ${lost.pool}`);
    if (rules.allowedDownMinutes >= rules.uptimeWindowMinutes) {
      complain('allowedDownMinutes', 'must be below uptimeWindowMinutes');
    }
  });

/** Reads rules as `canonicalRules` writes them. Throws an error that says field and fault. */
export function parseRewardRules(text: string, source: string): RewardRules {
  return check(JSON.parse(text), source);
}

/**
 * The rules of a JSON file; fields that it leaves out are the default ones.
 * @param path undefined: all of them are
 */
export function readRewardRules(path: string | undefined): RewardRules {
  if (path === undefined) return defaultRewardRules;
  const given: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return check(
    typeof given === 'object' && !Array.isArray(given)
      ? { ...defaultRewardRules, ...given }
      : given,
    path,
  );
}

function check(value: unknown, source: string): RewardRules {
  const result = rewardRules.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`reward rules of ${source}: ${problems.join('; ')}`);
}
