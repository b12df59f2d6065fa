import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { classify } from './classify.ts';
import { defaultRewardRules } from './rules.ts';
import { amountOf, share } from './share.ts';
import type { DeviceFacts, RewardRules } from './types.ts';
import { bytesOf, upMinutes } from './uptime.ts';

const model = fc.constantFrom('B200', 'H100-80GB-HBM3', 'L4', 'Tesla-T4', 'A10', undefined);
const profile = fc.constantFrom(undefined, undefined, '1g.10gb', '3g.40gb');
const mostly = fc.integer({ min: 0, max: 9 }).map((n) => n > 0);

const device = fc.record({
  member: fc.constantFrom('paris', 'oslo', 'lima'),
  name: fc.integer({ min: 0, max: 500 }).map((n) => `n-gpu-${n}`),
  model,
  migProfile: profile,
  verified: mostly,
  staked: fc.boolean(),
  offered: mostly,
  leased: fc.boolean(),
  coolingDown: fc.constantFrom(undefined, false, false, true),
  slashed: fc.constantFrom(false, false, false, true),
  supplier: fc.constantFrom('a/a', 'b/b', undefined),
});
const devices = fc.uniqueArray(device, {
  maxLength: 60,
  selector: ({ member, name }) => `${member}/${name}`,
});
const rules = fc
  .record({
    stakeRequired: fc.boolean(),
    leasedBonusPercent: fc.integer({ min: 0, max: 300 }),
    enterprise: fc.integer({ min: 0, max: 10_000 }),
  })
  .map(({ enterprise, ...given }): RewardRules => {
    const pools = [
      { name: 'enterprise', basisPoints: enterprise },
      { name: 'community', basisPoints: 10_000 - enterprise },
    ];
    return { ...defaultRewardRules, ...given, pools };
  });
const emission = fc.bigInt({ min: 0n, max: 456_621_004_566n });
const upMinutesOf = ({ name }: DeviceFacts): number => 280 + (Number(name.slice(6)) % 21);

test('what is given and what stays is the emission, to the unit', () => {
  fc.assert(
    fc.property(emission, devices, rules, (emitted, facts, given) => {
      const { classes, members } = classify(facts, upMinutesOf, given);
      const sharing = share(emitted, classes, given);
      const paid = members.reduce((sum, each) => sum + amountOf(each, sharing.classes), 0n);
      expect(paid + sharing.undistributed).toBe(emitted);
      expect(sharing.undistributed >= 0n).toBe(true);
      expect(sharing.classes.every(({ amount, score }) => score > 0n || amount === 0n)).toBe(true);
      expect(sharing.devices).toBe(facts.length);
    }),
  );
});

test('the order of the devices changes nothing', () => {
  const shuffled = devices.chain((facts) =>
    fc.tuple(
      fc.constant(facts),
      fc.shuffledSubarray(facts, { minLength: facts.length, maxLength: facts.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([facts, others]) => {
      const classified = classify(facts, upMinutesOf, defaultRewardRules);
      expect(classify(others, upMinutesOf, defaultRewardRules)).toEqual(classified);
    }),
  );
});

test('who is up for longer, or counts more, never gets less', () => {
  fc.assert(
    fc.property(emission, devices, (emitted, facts) => {
      const { classes } = classify(facts, upMinutesOf, defaultRewardRules);
      const { classes: rewarded } = share(emitted, classes, defaultRewardRules);
      const enterprise = rewarded.filter(({ model: name }) => name === 'B200' || name[0] === 'H');
      const byScore = enterprise.toSorted((a, b) => Number(a.score - b.score));
      byScore.forEach(({ amount }, at) => {
        expect(amount >= (byScore[at - 1]?.amount ?? 0n)).toBe(true);
      });
    }),
  );
});

test('minutes are those of a plain count', () => {
  const rows = fc
    .integer({ min: 1, max: 40 })
    .chain((count) =>
      fc.array(fc.array(fc.boolean(), { minLength: count, maxLength: count }), { minLength: 1 }),
    );
  fc.assert(
    fc.property(rows, (minutes) => {
      const count = minutes[0]?.length ?? 0;
      const width = bytesOf(count);
      const bits = new Uint8Array(width * minutes.length);
      minutes.forEach((row, minute) => {
        row.forEach((up, at) => {
          const byte = minute * width + (at >> 3);
          bits[byte] = (bits[byte] ?? 0) | (up ? 1 << (at & 7) : 0);
        });
      });
      const plain = Array.from(
        { length: count },
        (_, at) => minutes.filter((row) => row[at] === true).length,
      );
      expect([...upMinutes(bits, count)]).toEqual(plain);
    }),
  );
});
