import { beforeAll, describe, expect, test } from '@jest/globals';
import { stakeWorld } from '../testing/solana-program.ts';
import { stakeAddress } from './addresses.ts';
import type { Instruction } from './codec.ts';
import { systemProgram, tokenProgram } from './generated/constants.ts';
import { proofOf, rootOf } from './testing/tree.ts';
import { addressNamed, daySeconds, hash32, testGenesis, type World } from './testing/world.ts';

/**
 * Every instruction with every one of its accounts exchanged for every other account of the world, for
 * copies of the program's accounts that another program owns, and without each of its signatures.
 * What is accepted has to be on the list of what may be chosen freely.
 */
const { slasher, adjudicator, publisher, auditor, treasurer, admin } = testGenesis;
const evidenceHash = hash32('evidence');
const impostor = addressNamed('program of an impostor');

type Prepared = { instruction: Instruction; free?: readonly number[] };

let world: World;
let prepared: Record<string, Prepared>;
/** Everything that exists, and what looks like it. */
let pool: string[];

/** In an order in which each can be done once. */
const names = [
  'stake',
  'request_unstake',
  'withdraw',
  'open_case',
  'appeal',
  'resolve',
  'finalize_burn',
  'cancel_root',
  'publish_root',
  'claim',
  'fund_rewards',
  'deposit',
  'pay_out',
  'close_operation',
  'pause',
  'accept_authority',
  'propose_authority',
] as const;

beforeAll(async () => {
  world = await stakeWorld();
  const { stake } = world;
  const [alice, bob] = [world.wallet('alice'), world.wallet('bob')];
  const [io, usdc] = [world.tokens(alice, 'IO', 100_000n), world.tokens(alice, 'USDC', 5_000n)];
  const [bobsIo, bobsUsdc] = [world.tokens(bob, 'IO', 9_000n), world.tokens(bob, 'USDC', 500n)];
  const of = (device: string, name = '') => ({
    owner: alice,
    deviceId: hash32(device),
    caseId: hash32(name),
  });
  for (const device of ['staked', 'cooling', 'accused', 'defended']) {
    world.do(stake.stake({ ...of(device), source: io, amount: 1_000n }));
  }
  world.do(stake.stake({ owner: bob, deviceId: hash32('staked'), source: bobsIo, amount: 1_000n }));
  world.do(stake.requestUnstake(of('cooling')));
  const open = (device: string, name: string) =>
    stake.openCase({ ...of(device, name), slasher, evidenceHash, amount: 100n });
  world.do(open('accused', 'to burn'), open('accused', 'to judge'));
  world.do(stake.appeal({ ...of('accused', 'to judge'), appealHash: hash32('no') }));
  const entries = [alice, bob].map((wallet) => ({ wallet, total: 300n }));
  world.do(stake.fundRewards({ funder: alice, source: io, amount: 900n }));
  const deposit = (depositor: string, source: string, amount: bigint) =>
    stake.deposit({ asset: 'USDC', depositor, source, amount, reference: hash32('r') });
  world.do(deposit(alice, usdc, 1_000n));
  const pay = (name: string) =>
    stake.payOut({
      asset: 'USDC',
      treasurer,
      operationId: world.operation(name),
      payments: [{ destination: usdc, amount: 1n }],
    });
  const [old, another] = [world.operation('old'), world.operation('another')];
  world.do(pay('old'));
  world.do(pay('another'));
  world.do(stake.proposeAuthority(admin, 'Treasurer', world.wallet('next')));
  world.warp(30 * daySeconds);
  world.do(stake.publishRoot({ ...rootOf(world, 1, entries), publisher }));
  world.warp(testGenesis.challengeDelaySeconds);
  const bobs = { payer: bob, wallet: bob, destination: bobsIo, index: 1, total: 300n };
  world.do(stake.claim({ ...bobs, proof: proofOf(rootOf(world, 1, entries).tree, 1) }));
  world.do(stake.publishRoot({ ...rootOf(world, 2, entries), publisher }));
  world.do(
    open('defended', 'open'),
    stake.requestUnstake(of('accused')),
    stake.requestUnstake(of('defended')),
  );

  prepared = {
    stake: { instruction: stake.stake({ ...of('staked'), source: io, amount: 1n }) },
    request_unstake: { instruction: stake.requestUnstake(of('staked')) },
    withdraw: {
      instruction: stake.withdraw({ ...of('cooling'), destination: io }),
      free: [4], // the owner says where to
    },
    open_case: { instruction: open('staked', 'new') },
    appeal: {
      instruction: stake.appeal({ ...of('defended', 'open'), appealHash: hash32('no') }),
    },
    resolve: {
      instruction: stake.resolve({
        ...of('accused', 'to judge'),
        resolver: adjudicator,
        outcome: 'Upheld',
      }),
    },
    finalize_burn: { instruction: stake.finalizeBurn(of('accused', 'to burn')) },
    publish_root: {
      instruction: stake.publishRoot({ ...rootOf(world, 3, entries), publisher }),
    },
    cancel_root: { instruction: stake.cancelRoot(auditor), free: [0] }, // the admin may as well
    claim: {
      instruction: stake.claim({
        payer: bob,
        wallet: alice,
        destination: io,
        index: 0,
        total: 300n,
        proof: proofOf(rootOf(world, 1, entries).tree, 0),
      }),
      free: [0], // anyone pays
    },
    fund_rewards: { instruction: stake.fundRewards({ funder: alice, source: io, amount: 1n }) },
    deposit: { instruction: deposit(bob, bobsUsdc, 1n) },
    pay_out: { instruction: pay('new'), free: [8] }, // the treasurer says whom
    close_operation: { instruction: stake.closeOperation(treasurer, old), free: [2] },
    pause: { instruction: stake.pause(admin, false) },
    propose_authority: {
      instruction: stake.proposeAuthority(admin, 'Auditor', addressNamed('new auditor')),
    },
    accept_authority: { instruction: stake.acceptAuthority(world.wallet('next')) },
  };

  const all = Object.values(prepared).flatMap(({ instruction }) =>
    instruction.accounts.map(({ address }) => address),
  );
  const more = [
    stakeAddress(world.machine.programId, bob, hash32('staked')),
    stake.closeOperation(treasurer, another).accounts[2]?.address ?? '',
    world.tokens(world.wallet('mallory'), 'IO', 50n),
    world.tokens(world.wallet('mallory'), 'USDC', 50n),
    world.wallet('mallory'),
    impostor,
  ];
  pool = [...new Set([...all, ...more, ...[...new Set(all)].flatMap(copyOf)])];
});

/** The same bytes at another address, owned by another program. */
function copyOf(address: string): string[] {
  const account = world.machine.read(address);
  if (account === undefined || account.data.length === 0) return [];
  const copy = addressNamed(`copy of ${address}`);
  world.machine.write(copy, impostor, account.data);
  return [copy];
}

const exchanged = (instruction: Instruction, place: number, address: string): Instruction => ({
  ...instruction,
  accounts: instruction.accounts.map((meta, at) => (at === place ? { ...meta, address } : meta)),
});

describe.each(names)('%s', (name) => {
  test('takes no account in the place of another', () => {
    const { instruction, free = [] } = prepared[name] as Prepared;
    const accepted: string[] = [];
    instruction.accounts.forEach(({ address }, place) => {
      if (free.includes(place)) return;
      for (const other of pool) {
        if (other === address) continue;
        const { error } = world.send(exchanged(instruction, place, other));
        if (error === undefined) accepted.push(`${other} in place ${place}`);
      }
    });
    expect(accepted).toEqual([]);
  });

  test('calls no other program than it should', () => {
    const { instruction } = prepared[name] as Prepared;
    instruction.accounts.forEach(({ address }, place) => {
      if (address !== tokenProgram && address !== systemProgram) return;
      expect(world.send(exchanged(instruction, place, impostor)).error).toBe('WrongProgram');
    });
  });

  test('needs every signature', () => {
    const { instruction } = prepared[name] as Prepared;
    instruction.accounts.forEach((signer, place) => {
      if (!signer.isSigner) return;
      const accounts = instruction.accounts.map((meta, at) =>
        at === place ? { ...meta, isSigner: false } : meta,
      );
      expect(world.send({ ...instruction, accounts }).error).toBe('MissingSignature');
    });
  });

  test('takes its own data, not less and not more', () => {
    const { instruction } = prepared[name] as Prepared;
    const { data } = instruction;
    for (const wrong of [
      data.slice(0, -1),
      data.slice(0, 8 - 1),
      Uint8Array.from([...data, 0]),
      Uint8Array.from([...data].with(0, 255)),
    ]) {
      expect(world.send({ ...instruction, data: wrong }).error).toBe('BadData');
    }
  });

  test('needs all of its accounts', () => {
    const { instruction } = prepared[name] as Prepared;
    const accounts = instruction.accounts.slice(0, -1);
    expect(world.send({ ...instruction, accounts }).error).toMatch(
      /^(insufficient account keys for instruction|BadPayOut)$/,
    );
  });

  test('is accepted as it is', () => {
    expect(world.send((prepared[name] as Prepared).instruction).error).toBeUndefined();
  });
});
