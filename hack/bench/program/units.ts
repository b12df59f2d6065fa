import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Entry, leafOf } from '../../../operator/settlement/testing/tree.ts';
import { hash32, testGenesis, World } from '../../../operator/settlement/testing/world.ts';

const LEAVES = 600_000;
const LEVELS = 20;
const DAY_SECONDS = 86_400;
const { slasher, publisher, challengeDelaySeconds } = testGenesis;

/** Of the first time, which makes an account, and of a later one. */
export type ComputeUnits = { readonly first: number[]; readonly again: number[] };

type Measured = Record<'stake' | 'withdraw' | 'claim' | 'openCase' | 'burn', ComputeUnits>;

/** Compute units of the instructions, each by so many owners: addresses decide about some of them. */
export function measureUnits(path: string, owners: number): Measured {
  const world = new World(readFileSync(path));
  world.initialize({ slashCapPerEpoch: 10n ** 12n });
  const units: Measured = {
    stake: { first: [], again: [] },
    withdraw: { first: [], again: [] },
    claim: { first: [], again: [] },
    openCase: { first: [], again: [] },
    burn: { first: [], again: [] },
  };
  const names = Array.from({ length: owners }, (_, index) => `owner ${index}`);
  for (const name of names) stakeAndAccuse(world, name, units);
  world.warp(30 * DAY_SECONDS);
  for (const name of names) burnAndWithdraw(world, name, units);
  const funder = world.wallet('funder');
  const source = world.tokens(funder, 'IO', 1_000_000n);
  world.do(world.stake.fundRewards({ funder, source, amount: 1_000_000n }));
  names.forEach((name, index) => {
    const wallet = world.wallet(name);
    units.claim.first.push(claim(world, { wallet, total: 100n }, 2 * index + 1));
    units.claim.again.push(claim(world, { wallet, total: 200n }, 2 * index + 2));
  });
  return units;
}

const ofName = (world: World, name: string) => ({
  owner: world.wallet(name),
  deviceId: hash32(name),
  caseId: hash32(name),
});

function stakeAndAccuse(world: World, name: string, units: Measured): void {
  const of = ofName(world, name);
  const source = world.tokens(of.owner, 'IO', 1_000n);
  const stake = world.stake.stake({ ...of, source, amount: 500n });
  units.stake.first.push(world.do(stake).units);
  units.stake.again.push(world.do(stake).units);
  const evidenceHash = hash32('evidence');
  const open = world.stake.openCase({ ...of, slasher, evidenceHash, amount: 100n });
  units.openCase.first.push(world.do(open).units);
  world.do(world.stake.requestUnstake(of));
}

function burnAndWithdraw(world: World, name: string, units: Measured): void {
  const of = ofName(world, name);
  const destination = world.tokens(of.owner);
  units.burn.first.push(world.do(world.stake.finalizeBurn(of)).units);
  units.withdraw.first.push(world.do(world.stake.withdraw({ ...of, destination })).units);
}

/** A claim of one leaf under 20 levels whose other branches are made up. */
function claim(world: World, entry: Entry, epoch: number): number {
  const index = (epoch * 7_919) % LEAVES;
  const proof = Array.from({ length: LEVELS }, (_, level) => hash32(`sibling ${level}`));
  const root = proof.reduce<Uint8Array>(
    (node, sibling, level) => {
      const pair = (index >> level) % 2 === 0 ? [node, sibling] : [sibling, node];
      return Uint8Array.from(
        createHash('sha256')
          .update(Buffer.concat([Uint8Array.of(1), ...pair]))
          .digest(),
      );
    },
    leafOf(world, entry, index),
  );
  const total = BigInt(epoch) * 1_000n;
  world.do(
    world.stake.publishRoot({ publisher, epoch, root, total, leafCount: LEAVES, depth: LEVELS }),
  );
  world.warp(challengeDelaySeconds);
  const { wallet } = entry;
  const destination = world.tokens(wallet);
  const payer = world.wallet('payer');
  return world.do(
    world.stake.claim({ payer, wallet, destination, index, total: entry.total, proof }),
  ).units;
}
