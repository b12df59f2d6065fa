import { describe, expect, test } from '@jest/globals';
import { modelTable } from '../devices/model-table.ts';
import { hourlyEmission } from '../emission/schedule.ts';
import { classify } from './classify.ts';
import { classBytes, classNumbers, rewardLines } from './digest.ts';
import { explain, flag, ineligibilities, multiplierOf, seventhsOf } from './eligibility.ts';
import { multipliers202506 } from './multipliers-2025-06.ts';
import { canonicalRules, defaultRewardRules } from './rules.ts';
import { amountOf, scoreOf, share, supplierAmounts } from './share.ts';
import type { DeviceClass, DeviceFacts, RewardRules } from './types.ts';
import { upMinutes } from './uptime.ts';
import { scoreVectors } from './score-vectors.ts';

const rules = defaultRewardRules;
const good = flag.verified | flag.offered | flag.up | flag.supplierKnown;
const h100: DeviceClass = { model: 'H100-80GB-HBM3', sevenths: 7, upMinutes: 300, flags: good };

const facts = (patch: Partial<DeviceFacts> = {}): DeviceFacts => ({
  member: 'paris',
  name: 'a-gpu-0',
  model: 'H100-80GB-HBM3',
  verified: true,
  staked: false,
  offered: true,
  leased: false,
  slashed: false,
  supplier: 'io-paris/paris',
  ...patch,
});

describe('multipliers', () => {
  test('every model that the table names is one that the operator knows', () => {
    const known = new Set(modelTable.models.map(({ name }) => name));
    const names = Object.keys(multipliers202506.models);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(names).toHaveLength(49);
  });

  test.each([
    ['a B200', 'B200', 7, 30_000],
    ['an H100', 'H100-80GB-HBM3', 7, 10_000],
    ['three sevenths of an H100', 'H100-80GB-HBM3', 3, 4_285],
    ['a T4', 'Tesla-T4', 7, 500],
    ['what is no longer rewarded', 'A10', 7, 0],
    ['what the table does not name', 'H200-NVL', 7, 0],
    ['what nobody knows', '', 7, 0],
    ['what is named like a property of every object', 'constructor', 7, 0],
  ])('%s', (_, model, sevenths, milli) => {
    expect(multiplierOf({ ...h100, model, sevenths }, rules)).toBe(milli);
  });

  test.each([
    [undefined, 7],
    ['3g.40gb', 3],
    ['1g.10gb.me', 1],
    ['1c.3g.40gb', 1],
    ['odd', 0],
  ])('a slice %s is %s sevenths', (profile, sevenths) => {
    expect(seventhsOf(profile)).toBe(sevenths);
  });
});

describe('who is not eligible learns why', () => {
  const staking: RewardRules = { ...rules, stakeRequired: true };

  test.each([
    ['good', {}, rules, []],
    ['leased and no longer offered', { flags: (good & ~flag.offered) | flag.leased }, rules, []],
    ['not verified', { flags: good & ~flag.verified }, rules, ['NotVerified']],
    ['without a stake that is asked for', {}, staking, ['NotStaked']],
    ['staked', { flags: good | flag.staked }, staking, []],
    ['neither', { flags: good & ~flag.offered }, rules, ['NeitherOfferedNorLeased']],
    ['burnt stake of', { flags: good | flag.slashed }, rules, ['Slashed']],
    [
      'in cooldown, even where no stake is asked for',
      { flags: good | flag.coolingDown },
      rules,
      ['CoolingDown'],
    ],
    ['down for all minutes that are allowed', { upMinutes: 290 }, rules, []],
    ['down for one more', { upMinutes: 289 }, rules, ['NotUp']],
    ['of nobody', { flags: good & ~flag.supplierKnown }, rules, ['SupplierUnknown']],
    ['of a model without a multiplier', { model: 'A10' }, rules, ['ModelNotRewarded']],
  ])('a device that is %s', (_, patch, given, reasons) => {
    expect(ineligibilities({ ...h100, ...patch }, given)).toEqual(reasons);
  });

  test('in words', () => {
    const flags = flag.slashed | flag.coolingDown;
    const poor: DeviceClass = { model: '', sevenths: 7, upMinutes: 12, flags };
    const words = ineligibilities(poor, staking).map((reason) => explain(reason, poor, staking));
    expect(words).toEqual([
      'The device was not verified.',
      'The stake for the device was missing.',
      'The stake for the device was asked back.',
      'The device was neither offered nor leased.',
      'A case burnt stake of the device.',
      'The device was up in 12 of 300 minutes; it takes 290.',
      'The member names no account that could be paid (IOMember spec.accountRef).',
      'An unknown model is not rewarded by the multipliers of 2025-06-01.',
    ]);
  });
});

test.each(scoreVectors)('score: $case', ({ model, sevenths, upMinutes: up, leased, score }) => {
  const flags = good | (leased ? flag.leased : 0);
  expect(scoreOf({ model, sevenths, upMinutes: up, flags }, rules)).toBe(BigInt(score));
});

describe('sharing', () => {
  test('each pool has its part, in proportion to the score', () => {
    const classified = classify(
      [
        facts({ name: 'b', model: 'B200' }),
        facts({ name: 'a' }),
        facts({ name: 'c', member: 'oslo', supplier: 'io-oslo/oslo', model: 'L4' }),
        facts({ name: 'd', verified: false }),
      ],
      () => 300,
      rules,
    );
    const sharing = share(1_000_000n, classified.classes, rules);
    expect(sharing.classes.map(({ model, devices, amount }) => [model, devices, amount])).toEqual([
      ['B200', 1, 712_500n],
      ['H100-80GB-HBM3', 1, 0n],
      ['H100-80GB-HBM3', 1, 237_500n],
      ['L4', 1, 50_000n],
    ]);
    expect(sharing).toMatchObject({ undistributed: 0n, devices: 4, eligible: 3 });
    const members = classified.members.map((each) => ({
      supplier: each.supplier,
      amount: amountOf(each, sharing.classes),
    }));
    expect([...supplierAmounts(members)]).toEqual([
      ['io-oslo/oslo', 50_000n],
      ['io-paris/paris', 950_000n],
    ]);
  });

  test('the part of a pool without devices stays, and so does what rounding leaves', () => {
    const three = ['a', 'b', 'c'].map((name) => facts({ name }));
    const { classes } = classify(three, () => 300, rules);
    expect(share(1_001n, classes, rules)).toMatchObject({ undistributed: 1_001n - 3n * 316n });
  });

  test('without devices nothing is given away', () => {
    expect(share(hourlyEmission(1), [], rules)).toEqual({
      classes: [],
      undistributed: hourlyEmission(1),
      devices: 0,
      eligible: 0,
    });
  });

  test('a device that is named twice is a mistake', () => {
    const twice = [facts(), facts({ supplier: undefined })];
    expect(() => classify(twice, () => 300, rules)).toThrow('device a-gpu-0 of member paris');
    expect(() => classify([facts(), facts({ member: 'oslo' })], () => 300, rules)).not.toThrow();
  });
});

describe('uptime', () => {
  test('minutes are counted by the bits of a roster', () => {
    const bits = Uint8Array.of(0b1111_1111, 0b01, 0b1111_1110, 0b11, 0b0000_0001, 0b00);
    expect([...upMinutes(bits, 10)]).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
  });

  test('no devices, no minutes', () => {
    expect([...upMinutes(new Uint8Array(0), 0)]).toEqual([]);
    expect([...upMinutes(new Uint8Array(0), 2)]).toEqual([0, 0]);
  });

  test('what is no whole number of rows is refused', () => {
    expect(() => upMinutes(new Uint8Array(3), 10)).toThrow('3 bytes are not rows of 2');
  });
});

test('rules have one text', () => {
  const text = canonicalRules({
    ...rules,
    emission: { microUsdPerEpoch: 5n, kind: 'usd-target' },
    multipliers: { models: { b: { pool: 'p', milli: 2 }, a: { milli: 1, pool: 'p' } }, date: 'd' },
  });
  expect(text).toBe(
    [
      '{"allowedDownMinutes":10,"emission":{"kind":"usd-target","microUsdPerEpoch":"5"},',
      '"leasedBonusPercent":10,"multipliers":{"date":"d","models":{"a":{"milli":1,"pool":"p"},',
      '"b":{"milli":2,"pool":"p"}}},"pools":[{"basisPoints":9500,"name":"enterprise"},',
      '{"basisPoints":500,"name":"community"}],"stakeRequired":false,"uptimeWindowMinutes":300}',
    ].join(''),
  );
});

test('an epoch has one text', () => {
  const header = { epoch: 9, rulesHash: 'aa', ioPrice: undefined, emitted: 100n };
  const lines = rewardLines(
    { ...header, undistributed: 5n, devices: 1, eligible: 1 },
    [{ ...h100, multiplierMilli: 10_000, devices: 1, score: 7n, amount: 95n }],
    [{ member: 'paris', supplier: 'a/b', rosterHash: 'cc', classesHash: 'dd', amount: 95n }],
  );
  expect([...lines].join('')).toBe(
    'rewards|9|aa||100|5|1|1\n' +
      'class|0|H100-80GB-HBM3|7|300|101|10000|1|7|95\n' +
      'member|paris|a/b|cc|dd|95\n',
  );
});

test('numbers of classes are written and read', () => {
  const classes = Uint32Array.of(0, 1, 258, 4_294_967_295);
  expect(classNumbers(classBytes(classes))).toEqual(classes);
  expect([...classBytes(Uint32Array.of(258))]).toEqual([0, 0, 1, 2]);
});
