import { pick } from '../../testing/seeded-random.ts';
import { caseAddress } from '../addresses.ts';
import { hash32 } from '../testing/world.ts';
import { type Action, action, type Cast, type CaseOf, memory, owners } from './cast.ts';

export function stake(cast: Cast): Action {
  const { owner, deviceId, at } = cast.someStake(({ at: of }) => {
    return (cast.model.stakes.get(of)?.unlock ?? 0) === 0;
  });
  const amount = cast.amount(20_000);
  const source = cast.tokens(owner, 'IO');
  return action(
    'stake',
    cast.world.stake.stake({
      owner: cast.address(owner),
      deviceId,
      source: cast.account(owner, 'IO'),
      amount,
    }),
    () => cast.model.stake(at, owner, source, amount),
  );
}

export function requestUnstake(cast: Cast): Action {
  const { owner, deviceId, at } = cast.someStake();
  const signer = cast.mostly(owner, owners);
  const instruction = cast.world.stake.requestUnstake({ owner: cast.address(owner), deviceId });
  return action('request_unstake', cast.signedBy(instruction, 0, signer), () =>
    cast.model.requestUnstake(at, signer),
  );
}

export function withdraw(cast: Cast): Action {
  const { owner, deviceId, at } = cast.someStake(({ at: of }) => {
    const { unlock = 0, amount = 0n, cases = 0 } = cast.model.stakes.get(of) ?? {};
    return unlock > 0 && unlock <= cast.model.now && (amount > 0n || cases === 0);
  });
  const to = cast.chance(90) ? pick(cast.random, owners) : undefined;
  const { stakeVault } = cast.world.stake.addresses;
  const instruction = cast.world.stake.withdraw({
    owner: cast.address(owner),
    deviceId,
    destination: to === undefined ? stakeVault : cast.account(to, 'IO'),
  });
  const signer = cast.mostly(owner, owners);
  return action('withdraw', cast.signedBy(instruction, 0, signer), () =>
    cast.model.withdraw(at, signer, to === undefined ? undefined : cast.tokens(to, 'IO')),
  );
}

export function openCase(cast: Cast): Action {
  const accused = cast.someStake(({ at: of }) => (cast.model.stakes.get(of)?.amount ?? 0n) > 0n);
  const again = cast.chance(5) ? cast.cases.at(-1) : undefined;
  const caseId = again?.caseId ?? hash32(`case ${(cast.counter += 1)}`);
  const { programId } = cast.world.machine;
  const at = caseAddress(programId, accused.at, caseId);
  const owner = cast.address(accused.owner);
  const of: CaseOf = { ...accused, owner, caseId, at, stake: accused.at };
  // Whatever is undecided is remembered, or its stake could never be withdrawn.
  const others = cast.cases.filter((known) => !cast.isUndecided(known)).slice(1 - memory);
  cast.cases = [...cast.cases.filter((known) => cast.isUndecided(known)), ...others, of];
  const slasher = cast.mostly(cast.model.roles.Slasher, cast.keyAddresses());
  const has = Number(cast.model.stakes.get(accused.at)?.amount ?? 0n);
  const amount = cast.amount(cast.chance(90) && has > 0 ? Math.min(has, 8_000) : 8_000);
  const evidenceHash = hash32('evidence');
  return action(
    'open_case',
    cast.world.stake.openCase({ ...of, slasher, evidenceHash, amount }),
    () => cast.model.openCase(at, accused.at, slasher, amount),
  );
}

export function appeal(cast: Cast): Action {
  const of = cast.someCase();
  const owner = owners.find((name) => cast.address(name) === of.owner) ?? '';
  const signer = cast.mostly(owner, owners);
  const instruction = cast.world.stake.appeal({ ...of, appealHash: hash32('no') });
  return action('appeal', cast.signedBy(instruction, 0, signer), () =>
    cast.model.appeal(of.at, of.stake, signer),
  );
}

export function resolve(cast: Cast): Action {
  const of = cast.someCase();
  const outcome = cast.chance(50) ? 'Upheld' : 'Reversed';
  const resolver = cast.mostly(cast.model.roles.Adjudicator, cast.keyAddresses());
  return action('resolve', cast.world.stake.resolve({ ...of, resolver, outcome }), () =>
    cast.model.resolve(of.at, resolver, outcome),
  );
}

export function finalizeBurn(cast: Cast): Action {
  const of = cast.someCase();
  return action('finalize_burn', cast.world.stake.finalizeBurn(of), () =>
    cast.model.finalizeBurn(of.at),
  );
}
