import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { multipliers202506 } from '../rewards/multipliers-2025-06.ts';
import type { CoStakeTerms } from './co-stake.ts';
import type { StakePosition } from './program-state.ts';
import { type DeviceStake, judgeStake, requiredStake } from './stake.ts';

const io = 100_000_000n;
const day = 86_400;
const cooldown = 14 * day;
const now = 1_800_000_000;

const supplier = 'Supp1ier'.repeat(5);
const friend = 'Friend11'.repeat(5);

function position(fields: Partial<StakePosition> = {}): StakePosition {
  return {
    address: `stake of ${fields.owner ?? supplier}`,
    owner: supplier,
    deviceId: 'ab'.repeat(32),
    amount: 2_000n * io,
    escrowed: 0n,
    unlockSeconds: undefined,
    ...fields,
  };
}

const coStake = (fields: Partial<CoStakeTerms> = {}): CoStakeTerms => ({
  wallet: friend,
  isClaimed: true,
  countedBefore: false,
  cooldownSeconds: cooldown,
  nowSeconds: now,
  ...fields,
});

const facts = (fields: Partial<DeviceStake> = {}): DeviceStake => ({
  member: 'fra-1',
  device: 'a-gpu-0',
  required: 2_000n * io,
  owner: { kind: 'Proved', wallet: supplier },
  positions: [position()],
  coStake: undefined,
  ...fields,
});

describe('a device needs', () => {
  test.each([
    ['2,000 IO as an H100', 'H100-80GB-HBM3', undefined, 2_000n * io],
    ['6,000 IO as a B200', 'B200', undefined, 6_000n * io],
    ['250 IO as an RTX 4090', 'GeForce-RTX-4090', undefined, 250n * io],
    ['200 IO when its multiplier is below 1', 'L4', undefined, 200n * io],
    ['200 IO when its model is not in the table', 'H200-NVL', undefined, 200n * io],
    ['200 IO when its model is not known', '', undefined, 200n * io],
    ['three sevenths as such a slice, rounded up', 'H100-80GB-HBM3', '3g.40gb', 85_714_285_715n],
    ['a seventh as a slice of a slice', 'H100-80GB-HBM3', '1c.3g.40gb', 28_571_428_572n],
    ['all of it as a slice that nobody knows', 'H100-80GB-HBM3', 'odd', 2_000n * io],
  ])('%s', (_sentence, model, migProfile, required) => {
    expect(requiredStake({ model, migProfile }, multipliers202506)).toBe(required);
  });

  test('not less when it is cut into slices, and at most a base unit more for each', () => {
    const slices = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
    const models = fc.constantFrom(...Object.keys(multipliers202506.models));
    fc.assert(
      fc.property(models, slices, (model, cut) => {
        fc.pre(cut.reduce((sum, each) => sum + each, 0) === 7);
        const whole = requiredStake({ model }, multipliers202506);
        const parts = cut
          .map((each) => requiredStake({ model, migProfile: `${each}g.10gb` }, multipliers202506))
          .reduce((sum, each) => sum + each, 0n);
        expect(parts).toBeGreaterThanOrEqual(whole);
        expect(parts).toBeLessThanOrEqual(whole + BigInt(cut.length));
      }),
    );
  });
});

describe('the stake of a device is', () => {
  const cooling = { unlockSeconds: now + cooldown };
  test.each<[string, Partial<DeviceStake>, string, string]>([
    ['there', {}, 'True Staked', '2000.00 IO are staked'],
    [
      'missing when nobody staked, and it says what to do',
      { positions: [] },
      'False NotStaked',
      `${supplier} has to stake 2000.00 IO: io-operator stake --member fra-1 --device a-gpu-0`,
    ],
    [
      'missing when all of it was burnt',
      { positions: [position({ amount: 0n })] },
      'False NotStaked',
      'has to stake',
    ],
    [
      'not there when another wallet staked',
      { positions: [position({ owner: friend })] },
      'False OtherWallet',
      `Only stake of the account's wallet ${supplier} counts, and there is that of ${friend}.`,
    ],
    [
      'there beside that of others',
      { positions: [position({ owner: friend }), position()] },
      'True Staked',
      '2000.00 IO are staked',
    ],
    [
      'not there while the account has no proven wallet',
      { owner: { kind: 'Missing', message: 'No wallet.' } },
      'False WalletNotProved',
      'No wallet.',
    ],
    [
      'one base unit short',
      { positions: [position({ amount: 2_000n * io - 1n })] },
      'False BelowMinimum',
      '1999.99999999 IO of 2000.00 IO',
    ],
    [
      'short by what lies in a case',
      { positions: [position({ amount: 1_950n * io, escrowed: 50n * io })] },
      'False Slashed',
      '1950.00 IO of 2000.00 IO that the device needs are staked beside 50.00 IO in open cases.',
    ],
    [
      'there although some lies in a case, when the rest is enough',
      { positions: [position({ escrowed: 50n * io })] },
      'True Staked',
      '2000.00 IO are staked',
    ],
    [
      'in cooldown once it was asked back, whatever its size',
      { positions: [position({ amount: 9_000n * io, ...cooling })] },
      'False CoolingDown',
      'can be withdrawn from 2027-01-29T08:00:00Z',
    ],
    [
      'in cooldown although a co-stake would be enough',
      {
        positions: [position(cooling), position({ owner: friend })],
        coStake: coStake({ countedBefore: true }),
      },
      'False CoolingDown',
      'it counts no more',
    ],
  ])('%s', (_sentence, given, condition, message) => {
    const { staked } = judgeStake(facts(given));
    expect(`${staked.status} ${staked.reason}`).toBe(condition);
    expect(staked.message).toContain(message);
  });

  test('told in the status with all that is known of it', () => {
    const own = position({ amount: 7n, escrowed: 3n, unlockSeconds: now });
    expect(judgeStake(facts({ positions: [own] })).stake).toEqual({
      amountBaseUnits: '7',
      requiredBaseUnits: '200000000000',
      escrowedBaseUnits: '3',
      unlockTime: '2027-01-15T08:00:00Z',
      address: own.address,
    });
    expect(judgeStake(facts({ positions: [] })).stake).toEqual({
      amountBaseUnits: '0',
      requiredBaseUnits: '200000000000',
    });
    const owner = { kind: 'Missing', message: 'none' } as const;
    expect(judgeStake(facts({ owner })).stake).toBeUndefined();
  });

  test('told of at most three strangers', () => {
    const strangers = ['a', 'b', 'c', 'd'].map((owner) => position({ owner }));
    expect(judgeStake(facts({ positions: strangers })).staked.message).toMatch(/of a, b, c\.$/);
  });
});

describe('a co-stake', () => {
  const half = 1_000n * io;
  const askedBack = (days: number): StakePosition =>
    position({ owner: friend, amount: half, unlockSeconds: now + cooldown - days * day });

  test.each<[string, StakePosition, StakePosition, Partial<CoStakeTerms>, bigint, string]>([
    [
      'counts beside an owner who has the minimum',
      position(),
      position({ owner: friend, amount: half }),
      {},
      half,
      'True Staked',
    ],
    [
      'counts at most half of the total',
      position(),
      position({ owner: friend, amount: 9_000n * io }),
      {},
      2_000n * io,
      'True Staked',
    ],
    [
      'does not count before the owner has met the minimum alone',
      position({ amount: half }),
      position({ owner: friend, amount: half }),
      {},
      0n,
      'False BelowMinimum',
    ],
    [
      'stands in for an owner who has met it once',
      position({ amount: half }),
      position({ owner: friend, amount: half }),
      { countedBefore: true },
      half,
      'True Staked',
    ],
    [
      'cannot be more than the owner has left',
      position({ amount: half - 1n }),
      position({ owner: friend, amount: 9_000n * io }),
      { countedBefore: true },
      half - 1n,
      'False BelowMinimum',
    ],
    [
      'counts a second before seven days after it was asked back',
      position({ amount: half }),
      { ...askedBack(7), unlockSeconds: now + cooldown - 7 * day + 1 },
      { countedBefore: true },
      half,
      'True Staked',
    ],
    [
      'counts no more seven days after it was asked back',
      position({ amount: half }),
      askedBack(7),
      { countedBefore: true },
      0n,
      'False BelowMinimum',
    ],
    [
      'does not count beside more than two devices',
      position({ amount: half }),
      position({ owner: friend, amount: half }),
      { countedBefore: true, isClaimed: false },
      0n,
      'False BelowMinimum',
    ],
  ])('%s', (_sentence, own, other, terms, counted, condition) => {
    const judged = judgeStake(facts({ positions: [own, other], coStake: coStake(terms) }));
    expect(`${judged.staked.status} ${judged.staked.reason}`).toBe(condition);
    expect(judged.stake?.coStake).toEqual({
      wallet: friend,
      amountBaseUnits: String(other.amount),
      countedBaseUnits: String(counted),
    });
  });

  test.each<[string, Partial<DeviceStake>]>([
    ['nobody may', { coStake: undefined }],
    ['it is the owner', { coStake: coStake({ wallet: supplier }) }],
    ['it has nothing there', { positions: [position(), position({ owner: friend, amount: 0n })] }],
  ])('is not spoken of when %s', (_sentence, given) => {
    const both = [position(), position({ owner: friend })];
    const { stake } = judgeStake(facts({ positions: both, coStake: coStake(), ...given }));
    expect(stake).not.toHaveProperty('coStake');
  });

  test('says when it stops to count', () => {
    const asked = judgeStake(
      facts({ positions: [position(), askedBack(2)], coStake: coStake({ countedBefore: true }) }),
    );
    expect(asked.changesAtSeconds).toBe(now + 5 * day);
    expect(judgeStake(facts()).changesAtSeconds).toBeUndefined();
  });

  test('never lets a device count as staked with less than half from its owner', () => {
    const amounts = fc.bigInt({ min: 0n, max: 4_000n * io });
    fc.assert(
      fc.property(amounts, amounts, fc.boolean(), (own, other, countedBefore) => {
        const positions = [position({ amount: own }), position({ owner: friend, amount: other })];
        const { staked, stake } = judgeStake(
          facts({ positions, coStake: coStake({ countedBefore }) }),
        );
        const counted = BigInt(stake?.coStake?.countedBaseUnits ?? '0');
        expect(counted <= own && counted <= other).toBe(true);
        expect(staked.status === 'True').toBe(own > 0n && own + counted >= 2_000n * io);
      }),
    );
  });
});
