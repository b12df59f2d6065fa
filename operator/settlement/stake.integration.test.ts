import { describe, expect, test } from '@jest/globals';
import { stakeWorld } from '../testing/solana-program.ts';
import { stakeAddress } from './addresses.ts';
import type { StakeOf } from './io-stake.ts';
import { daySeconds, hash32, type World } from './testing/world.ts';

type Staked = { world: World; of: StakeOf; at: string; tokens: string };

/** A world in which alice has 1,000 and staked 600 of them. */
async function staked(): Promise<Staked> {
  const world = await stakeWorld();
  const owner = world.wallet('alice');
  const of = { owner, deviceId: hash32('gpu') };
  const tokens = world.tokens(owner, 'IO', 1_000n);
  world.do(world.stake.stake({ ...of, source: tokens, amount: 600n }));
  return { world, of, tokens, at: stakeAddress(world.machine.programId, owner, of.deviceId) };
}

describe('stake', () => {
  test('moves tokens into the vault, and more of them later', async () => {
    const { world, of, at, tokens } = await staked();
    const { events } = world.do(world.stake.stake({ ...of, source: tokens, amount: 150n }));
    expect(events).toEqual([
      {
        kind: 'Staked',
        stake: at,
        owner: of.owner,
        deviceId: of.deviceId,
        amount: 150n,
        staked: 750n,
      },
    ]);
    expect(world.stakeAt(at)).toMatchObject({ owner: of.owner, amount: 750n, unlockTs: 0 });
    expect(world.balance(tokens)).toBe(250n);
    expect(world.balance(world.stake.addresses.stakeVault)).toBe(750n);
    expect(world.config().totalStaked).toBe(750n);
  });

  test('nobody can take a device with another key: the owner is in the address', async () => {
    const { world, of } = await staked();
    const mallory = world.wallet('mallory');
    const source = world.tokens(mallory, 'IO', 10n);
    world.do(world.stake.stake({ ...of, owner: mallory, source, amount: 10n }));
    const own = stakeAddress(world.machine.programId, mallory, of.deviceId);
    expect(world.stakeAt(own)?.amount).toBe(10n);
  });

  test('lamports sent to the address beforehand are no hindrance', async () => {
    const world = await stakeWorld();
    const owner = world.wallet('bob');
    const of = { owner, deviceId: hash32('gpu') };
    const at = stakeAddress(world.machine.programId, owner, of.deviceId);
    world.machine.write(at, world.machine.read(owner)?.owner ?? '', new Uint8Array(), 1n);
    const source = world.tokens(owner, 'IO', 5n);
    world.do(world.stake.stake({ ...of, source, amount: 5n }));
    expect(world.stakeAt(at)?.amount).toBe(5n);
    expect(world.machine.read(at)?.lamports).toBe(world.machine.rent(101));
  });

  test.each([
    ['of nothing', 0n, 'AmountZero'],
    ['of more than there is', 401n, 'custom program error: 0x1'],
    ['of all that fits into 64 bits', 2n ** 64n - 1n, 'Overflow'],
    ['that leaves no room in 64 bits', 2n ** 64n - 601n, 'custom program error: 0x1'],
  ])('a stake %s is refused', async (_, amount, error) => {
    const { world, of, at, tokens } = await staked();
    expect(world.send(world.stake.stake({ ...of, source: tokens, amount })).error).toBe(error);
    expect(world.stakeAt(at)?.amount).toBe(600n);
    expect(world.config().totalStaked).toBe(600n);
  });

  test("somebody else's tokens are not taken", async () => {
    const { world, of } = await staked();
    const source = world.tokens(world.wallet('bob'), 'IO', 50n);
    expect(world.send(world.stake.stake({ ...of, source, amount: 50n })).error).toBe(
      'custom program error: 0x4',
    );
  });

  test('other tokens than IO are not taken', async () => {
    const { world, of } = await staked();
    const source = world.tokens(of.owner, 'USDC', 50n);
    expect(world.send(world.stake.stake({ ...of, source, amount: 50n })).error).toBe(
      'custom program error: 0x3',
    );
  });
});

describe('the cooldown', () => {
  test('is refused before it was asked for', async () => {
    const { world, of, tokens } = await staked();
    world.warp(400 * daySeconds);
    expect(world.send(world.stake.withdraw({ ...of, destination: tokens })).error).toBe(
      'NotCooling',
    );
  });

  test.each([
    ['at once', 0, 'CooldownNotOver'],
    ['half way', 7 * daySeconds, 'CooldownNotOver'],
    ['a second early', 14 * daySeconds - 1, 'CooldownNotOver'],
    ['after exactly 14 days', 14 * daySeconds, undefined],
    ['much later', 400 * daySeconds, undefined],
  ])('%s', async (_, seconds, error) => {
    const { world, of, tokens } = await staked();
    world.do(world.stake.requestUnstake(of));
    world.warp(seconds);
    expect(world.send(world.stake.withdraw({ ...of, destination: tokens })).error).toBe(error);
  });

  test('cannot be taken back, prolonged, or added to', async () => {
    const { world, of, at, tokens } = await staked();
    world.do(world.stake.requestUnstake(of));
    const unlock = world.stakeAt(at)?.unlockTs;
    world.warp(daySeconds);
    expect(world.send(world.stake.requestUnstake(of)).error).toBe('AlreadyCooling');
    expect(world.send(world.stake.stake({ ...of, source: tokens, amount: 1n })).error).toBe(
      'AlreadyCooling',
    );
    expect(world.stakeAt(at)).toMatchObject({ unlockTs: unlock, amount: 600n });
  });

  test('tells until when', async () => {
    const { world, of, at } = await staked();
    expect(world.do(world.stake.requestUnstake(of)).events).toEqual([
      {
        kind: 'UnstakeRequested',
        stake: at,
        owner: of.owner,
        deviceId: of.deviceId,
        amount: 600n,
        unlockTs: world.now + 14 * daySeconds,
      },
    ]);
  });
});

describe('withdraw', () => {
  test('pays everything, closes the account and returns its rent', async () => {
    const { world, of, at, tokens } = await staked();
    world.do(world.stake.requestUnstake(of));
    world.warp(14 * daySeconds);
    const [rent, before] = [world.machine.read(at)?.lamports ?? 0n, lamports(world, of.owner)];
    const { events } = world.do(world.stake.withdraw({ ...of, destination: tokens }));
    expect(events).toEqual([
      {
        kind: 'Withdrawn',
        stake: at,
        owner: of.owner,
        deviceId: of.deviceId,
        amount: 600n,
        closed: true,
      },
    ]);
    expect(world.machine.read(at)).toBeUndefined();
    expect(lamports(world, of.owner)).toBe(before + rent);
    expect(world.balance(tokens)).toBe(1_000n);
    expect(world.config().totalStaked).toBe(0n);
  });

  test('may go to any token account but a vault', async () => {
    const { world, of } = await staked();
    world.do(world.stake.requestUnstake(of));
    world.warp(14 * daySeconds);
    for (const destination of [
      world.stake.addresses.stakeVault,
      world.stake.addresses.rewardsVault,
    ]) {
      expect(world.send(world.stake.withdraw({ ...of, destination })).error).toBe(
        'VaultAsDestination',
      );
    }
    const cold = world.tokens(world.wallet('cold storage'));
    world.do(world.stake.withdraw({ ...of, destination: cold }));
    expect(world.balance(cold)).toBe(600n);
  });

  test('a second time finds no account, also within the same transaction', async () => {
    const { world, of, tokens } = await staked();
    world.do(world.stake.requestUnstake(of));
    world.warp(14 * daySeconds);
    const withdraw = world.stake.withdraw({ ...of, destination: tokens });
    expect(world.send(withdraw, withdraw).error).toBe('WrongOwner');
    world.do(withdraw);
    expect(world.send(withdraw).error).toBe('WrongOwner');
  });

  test('a closed account that is given lamports again is empty, and starts anew', async () => {
    const { world, of, at, tokens } = await staked();
    world.do(world.stake.requestUnstake(of));
    world.warp(14 * daySeconds);
    const withdraw = world.stake.withdraw({ ...of, destination: tokens });
    const revive = {
      programId: world.machine.read(of.owner)?.owner ?? '',
      accounts: [
        { address: of.owner, isSigner: true, isWritable: true },
        { address: at, isSigner: false, isWritable: true },
      ],
      data: Uint8Array.of(2, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0),
    };
    expect(world.send(withdraw, revive, withdraw).error).toBe('WrongOwner');
    world.do(withdraw, revive);
    expect(world.stakeAt(at)).toBeUndefined();
    world.do(world.stake.stake({ ...of, source: tokens, amount: 7n }));
    expect(world.stakeAt(at)).toMatchObject({ amount: 7n, unlockTs: 0, escrowed: 0n });
  });
});

function lamports(world: World, address: string): bigint {
  return world.machine.read(address)?.lamports ?? 0n;
}
