import { beforeEach, describe, expect, test } from '@jest/globals';
import { stakeProgram, stakeWorld } from '../testing/solana-program.ts';
import type { Role } from './generated/types.ts';
import type { Genesis } from './io-stake.ts';
import { rootOf } from './testing/tree.ts';
import {
  addressNamed,
  daySeconds,
  genesisSeconds,
  hash32,
  testGenesis,
  World,
} from './testing/world.ts';

const { admin, publisher, slasher, adjudicator, auditor, treasurer } = testGenesis;
const nobody = '11111111111111111111111111111111';

let world: World;

describe('initialize', () => {
  beforeEach(async () => {
    world = new World(await stakeProgram());
  });

  test('writes the roles and makes empty vaults', () => {
    const { programId: _, ...config } = { programId: '', ...testGenesis };
    world.initialize();
    const { ioPayOutCapPerEpoch: io, usdcPayOutCapPerEpoch: usdc, ...rest } = config;
    expect(world.config()).toMatchObject({ ...rest, paused: false, totalStaked: 0n });
    expect([world.custody('IO').capPerEpoch, world.custody('USDC').capPerEpoch]).toEqual([
      io,
      usdc,
    ]);
    const { stakeVault, rewardsVault, custodyVault, authority } = world.stake.addresses;
    const vaults = [stakeVault, rewardsVault, custodyVault.IO, custodyVault.USDC];
    expect(vaults.map((vault) => world.balance(vault))).toEqual([0n, 0n, 0n, 0n]);
    expect(world.config()).toMatchObject({ authority, stakeVault, rewardsVault });
  });

  test('happens once', () => {
    world.initialize();
    expect(world.initialize().error).toBe('AlreadyExists');
    const mallory = world.wallet('mallory');
    world.setUpgradeAuthority(mallory);
    expect(world.initialize({ admin: mallory }).error).toBe('AlreadyExists');
    expect(world.config().admin).toBe(admin);
  });

  test('is the right of who can change the program', () => {
    const mallory = world.wallet('mallory');
    expect(world.initialize({ admin: mallory }).error).toBe('NotUpgradeAuthority');
    world.setUpgradeAuthority(mallory);
    expect(world.initialize().error).toBe('NotUpgradeAuthority');
    world.setUpgradeAuthority(undefined);
    expect(world.initialize().error).toBeUndefined();
  });

  test("another program's data says nothing about who can change this one", () => {
    const mallory = world.wallet('mallory');
    const fake = addressNamed('fake data');
    const real = world.stake.initialize({ ...testGenesis, admin: mallory });
    const data = Uint8Array.from([3, ...new Uint8Array(11), 0, ...new Uint8Array(32)]);
    world.machine.write(fake, 'BPFLoaderUpgradeab1e11111111111111111111111', data);
    const accounts = real.accounts.map((meta, place) =>
      place === 13 ? { ...meta, address: fake } : meta,
    );
    expect(world.send({ ...real, accounts }).error).toBe('NotUpgradeAuthority');
  });

  test.each<[string, Partial<Genesis>, string]>([
    ['with one key to accuse and judge', { slasher: adjudicator }, 'SameKey'],
    ['with a role that nobody has', { auditor: nobody }, 'BadData'],
    ['without a cooldown', { cooldownSeconds: 0 }, 'BadData'],
    ['with a cooldown in the past', { cooldownSeconds: -1 }, 'BadData'],
    ['with a cooldown of centuries', { cooldownSeconds: 2 ** 40 }, 'BadData'],
    ['without time to appeal', { appealSeconds: 0 }, 'BadData'],
    ['without time to judge', { adjudicationSeconds: 0 }, 'BadData'],
    ['with a challenge delay in the past', { challengeDelaySeconds: -1 }, 'BadData'],
    ['with a genesis within an hour', { genesisTs: genesisSeconds + 1 }, 'BadData'],
    ['with a genesis before all time', { genesisTs: -3_600 }, 'BadData'],
  ])('%s is refused', (_, changes, error) => {
    expect(world.initialize(changes).error).toBe(error);
  });

  test('with mints that are not what they should be is refused', () => {
    const { ioMint, usdcMint } = world.stake.deployment;
    const real = world.stake.initialize(testGenesis);
    const swapped = real.accounts.map((meta) => {
      if (meta.address === ioMint) return { ...meta, address: usdcMint };
      return meta.address === usdcMint ? { ...meta, address: ioMint } : meta;
    });
    expect(world.send({ ...real, accounts: swapped }).error).toBe('WrongMint');
    const mint = world.machine.read(ioMint);
    world.machine.write(ioMint, addressNamed('not the token program'), mint?.data ?? hash32(''));
    expect(world.initialize().error).toBe('WrongOwner');
  });
});

describe('authorities', () => {
  beforeEach(async () => {
    world = await stakeWorld();
  });

  test.each<[Role, string]>([
    ['Admin', 'admin'],
    ['Publisher', 'publisher'],
    ['Slasher', 'slasher'],
    ['Adjudicator', 'adjudicator'],
    ['Auditor', 'auditor'],
    ['Treasurer', 'treasurer'],
  ])('%s goes over in two steps', (role, field) => {
    const next = world.wallet('next');
    const proposed = world.do(world.stake.proposeAuthority(admin, role, next));
    expect(proposed.events).toEqual([{ kind: 'AuthorityProposed', role, authority: next }]);
    expect(world.config()).toMatchObject({ [field]: addressNamed(field) });
    const accepted = world.do(world.stake.acceptAuthority(next));
    expect(accepted.events).toEqual([{ kind: 'AuthorityAccepted', role, authority: next }]);
    expect(world.config()).toMatchObject({ [field]: next, pendingAuthority: nobody });
    expect(world.send(world.stake.acceptAuthority(next)).error).toBe('NoPendingAuthority');
  });

  test('only the admin proposes, and only who was proposed last accepts', () => {
    const [first, second] = [world.wallet('first'), world.wallet('second')];
    expect(world.send(world.stake.proposeAuthority(slasher, 'Slasher', first)).error).toBe(
      'WrongAuthority',
    );
    expect(world.send(world.stake.acceptAuthority(first)).error).toBe('NoPendingAuthority');
    expect(world.send(world.stake.acceptAuthority(nobody)).error).toBe('NoPendingAuthority');
    world.do(world.stake.proposeAuthority(admin, 'Slasher', first));
    world.do(world.stake.proposeAuthority(admin, 'Auditor', second));
    expect(world.send(world.stake.acceptAuthority(first)).error).toBe('WrongAuthority');
    world.do(world.stake.acceptAuthority(second));
    expect(world.config()).toMatchObject({ slasher, auditor: second });
  });

  test.each<[string, Role, string, string]>([
    ['the adjudicator cannot become slasher', 'Slasher', adjudicator, 'SameKey'],
    ['the slasher cannot become adjudicator', 'Adjudicator', slasher, 'SameKey'],
    ['nobody cannot become anything', 'Admin', nobody, 'BadData'],
  ])('%s', (_, role, key, error) => {
    expect(world.send(world.stake.proposeAuthority(admin, role, key)).error).toBe(error);
  });

  test('a role that there is not cannot be given', () => {
    const real = world.stake.proposeAuthority(admin, 'Treasurer', world.wallet('next'));
    const data = Uint8Array.from(real.data);
    data[8] = 6;
    expect(world.send({ ...real, data }).error).toBe('BadData');
  });

  test('a former admin has no say', () => {
    const next = world.wallet('next');
    world.do(world.stake.proposeAuthority(admin, 'Admin', next), world.stake.acceptAuthority(next));
    expect(world.send(world.stake.pause(admin, true)).error).toBe('WrongAuthority');
    world.do(world.stake.pause(next, true));
  });
});

describe('pause', () => {
  test('stops what moves money in, or out on the word of one key, and nothing that is owed', async () => {
    world = await stakeWorld();
    const alice = world.wallet('alice');
    const source = world.tokens(alice, 'IO', 10_000n);
    const usdc = world.tokens(alice, 'USDC', 1_000n);
    const of = (device: string) => ({ owner: alice, deviceId: hash32(device) });
    const { stake } = world;
    const openCase = (name: string, device = 'a') => {
      const caseId = hash32(name);
      const evidenceHash = hash32('evidence');
      return stake.openCase({ ...of(device), caseId, slasher, evidenceHash, amount: 10n });
    };
    const deposit = stake.deposit({
      asset: 'USDC',
      depositor: alice,
      source: usdc,
      amount: 500n,
      reference: hash32('r'),
    });
    const fund = stake.fundRewards({ funder: alice, source, amount: 500n });
    world.do(stake.stake({ ...of('a'), source, amount: 1_000n }), deposit, fund);
    world.do(stake.stake({ ...of('b'), source, amount: 1_000n }));
    world.do(openCase('burn'), openCase('appeal'), openCase('reverse'), openCase('uphold'));
    world.do(stake.appeal({ ...of('a'), caseId: hash32('uphold'), appealHash: hash32('no') }));
    world.warp(3_600);
    const entries = [{ wallet: alice, total: 100n }];
    const root = (epoch: number) =>
      stake.publishRoot({ ...rootOf(world, epoch, entries), publisher });
    world.do(root(1));
    world.do(stake.requestUnstake(of('b')));
    world.warp(3_600);
    const payOut = (name: string) =>
      stake.payOut({
        asset: 'USDC',
        treasurer,
        operationId: world.operation(name),
        payments: [{ destination: usdc, amount: 1n }],
      });
    const claim = stake.claim({
      payer: alice,
      wallet: alice,
      destination: source,
      index: 0,
      total: 100n,
      proof: [],
    });
    const uphold = stake.resolve({
      ...of('a'),
      caseId: hash32('uphold'),
      resolver: adjudicator,
      outcome: 'Upheld',
    });
    const burn = stake.finalizeBurn({ ...of('a'), caseId: hash32('burn') });

    expect(world.do(stake.pause(admin, true)).events).toEqual([
      { kind: 'PauseChanged', paused: true, admin },
    ]);
    const stopped = {
      stake: stake.stake({ ...of('a'), source, amount: 1n }),
      deposit,
      fund,
      claim,
      publish: root(2),
      openCase: openCase('new'),
      payOut: payOut('p'),
      uphold,
    };
    for (const [name, instruction] of Object.entries(stopped)) {
      expect([name, world.send(instruction).error]).toEqual([name, 'Paused']);
    }
    world.do(stake.appeal({ ...of('a'), caseId: hash32('appeal'), appealHash: hash32('no') }));
    world.do(stake.requestUnstake(of('a')));
    world.do(
      stake.resolve({
        ...of('a'),
        caseId: hash32('reverse'),
        resolver: adjudicator,
        outcome: 'Reversed',
      }),
    );
    world.warp(30 * daySeconds);
    world.do(stake.withdraw({ ...of('b'), destination: source }));
    expect(world.send(burn).error).toBe('Paused');

    world.do(stake.pause(admin, false));
    world.do(burn, uphold, claim, deposit, payOut('p'), root(2));
  });

  test.each([
    ['the auditor', auditor],
    ['the treasurer', treasurer],
  ])('is not for %s', async (_, key) => {
    world = await stakeWorld();
    expect(world.send(world.stake.pause(key, true)).error).toBe('WrongAuthority');
  });

  test('takes yes or no', async () => {
    world = await stakeWorld();
    const real = world.stake.pause(admin, true);
    const data = Uint8Array.from(real.data);
    data[8] = 2;
    expect(world.send({ ...real, data }).error).toBe('BadData');
  });
});
