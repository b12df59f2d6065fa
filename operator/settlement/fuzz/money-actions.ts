import { below, pick } from '../../testing/seeded-random.ts';
import { tokenProgram } from '../generated/constants.ts';
import { type Entry, proofOf, rootOf } from '../testing/tree.ts';
import { hash32 } from '../testing/world.ts';
import { type Action, action, type Cast, memory, owners, purposes } from './cast.ts';

const transferTag = 3;

export function publishRoot(cast: Cast): Action {
  const last = Math.max(cast.model.active?.epoch ?? 0, cast.model.pendingRoot?.epoch ?? 0);
  const epoch = cast.chance(85) ? cast.model.epoch - 1 : last + below(cast.random, 3);
  // Mostly what grows, as rewards do; now and then what falls, or grows beyond all.
  for (const name of owners) {
    const before = cast.totals.get(name) ?? 0n;
    cast.totals.set(name, before + BigInt(below(cast.random, 400)));
  }
  const entries = owners.map((name) => ({
    wallet: cast.address(name),
    total: cast.totals.get(name) ?? 0n,
  }));
  const name = (cast.counter += 1);
  const { tree, ...root } = rootOf(cast.world, Math.max(0, epoch), entries);
  cast.trees = [...cast.trees.slice(1 - memory), { name, tree, entries }];
  const total = cast.chance(90) ? root.total : cast.amount(5_000);
  const publisher = cast.mostly(cast.model.roles.Publisher, cast.keyAddresses());
  return action('publish_root', cast.world.stake.publishRoot({ ...root, total, publisher }), () =>
    cast.model.publishRoot(publisher, name, root.epoch, total),
  );
}

export function cancelRoot(cast: Cast): Action {
  const canceller = cast.mostly(
    pick(cast.random, [cast.model.roles.Auditor, cast.model.roles.Admin]),
    cast.keyAddresses(),
  );
  return action('cancel_root', cast.world.stake.cancelRoot(canceller), () =>
    cast.model.cancelRoot(canceller),
  );
}

export function claim(cast: Cast): Action {
  const live = cast.trees.filter(
    ({ name }) => name === cast.model.active?.name || name === cast.model.pendingRoot?.name,
  );
  const known = cast.chance(85) && live.length > 0 ? live : cast.trees;
  if (known.length === 0) return publishRoot(cast);
  const { name, tree, entries } = pick(cast.random, known);
  const index = below(cast.random, entries.length);
  const entry = entries[index] as Entry;
  const wallet = owners[index] ?? '';
  const forged = cast.chance(10);
  const total = forged ? entry.total + 1n : entry.total;
  const to = cast.mostly(wallet, owners);
  return action(
    'claim',
    cast.world.stake.claim({
      payer: cast.address(pick(cast.random, owners)),
      wallet: entry.wallet,
      destination: cast.account(to, 'IO'),
      index,
      total,
      proof: proofOf(tree, index),
    }),
    () => cast.model.claim(wallet, cast.tokens(to, 'IO'), total, forged ? undefined : name),
  );
}

export function fundRewards(cast: Cast): Action {
  const funder = pick(cast.random, owners);
  const amount = cast.amount(3_000);
  return action(
    'fund_rewards',
    cast.world.stake.fundRewards({
      funder: cast.address(funder),
      source: cast.account(funder, 'IO'),
      amount,
    }),
    () => cast.model.fundRewards(cast.tokens(funder, 'IO'), amount),
  );
}

export function deposit(cast: Cast): Action {
  const [depositor, asset] = [pick(cast.random, owners), cast.asset()];
  const amount = cast.amount(5_000);
  return action(
    'deposit',
    cast.world.stake.deposit({
      asset,
      depositor: cast.address(depositor),
      source: cast.account(depositor, asset),
      amount,
      reference: hash32('reference'),
    }),
    () => cast.model.deposit(asset, cast.tokens(depositor, asset), amount),
  );
}

export function payOut(cast: Cast): Action {
  const asset = cast.asset();
  const operation = cast.someOperation(25);
  const count = cast.chance(95) ? 1 + below(cast.random, 4) : pick(cast.random, [0, 21]);
  const payments = Array.from({ length: count }, () => ({
    to: cast.chance(97) ? pick(cast.random, owners) : undefined,
    amount: cast.chance(97) ? BigInt(1 + below(cast.random, 900)) : 0n,
  }));
  const treasurer = cast.mostly(cast.model.roles.Treasurer, cast.keyAddresses());
  const vault = cast.world.stake.addresses.custodyVault[asset];
  return action(
    'pay_out',
    cast.world.stake.payOut({
      asset,
      treasurer,
      operationId: operation.id,
      payments: payments.map(({ to, amount }) => ({
        destination: to === undefined ? vault : cast.account(to, asset),
        amount,
      })),
    }),
    () =>
      cast.model.payOut(
        asset,
        treasurer,
        operation,
        payments.map(({ to, amount }) => ({
          destination: to === undefined ? undefined : cast.tokens(to, asset),
          amount,
        })),
      ),
  );
}

export function closeOperation(cast: Cast): Action {
  const operation = cast.someOperation(100);
  const treasurer = cast.mostly(cast.model.roles.Treasurer, cast.keyAddresses());
  return action('close_operation', cast.world.stake.closeOperation(treasurer, operation.id), () =>
    cast.model.closeOperation(treasurer, operation.name),
  );
}

/** A plain transfer into a vault, past the program. */
export function gift(cast: Cast): Action {
  const [giver, vault] = [pick(cast.random, owners), pick(cast.random, purposes)];
  const asset = vault === 'custody USDC' ? 'USDC' : 'IO';
  const amount = BigInt(1 + below(cast.random, 50));
  const data = Buffer.alloc(9, transferTag);
  data.writeBigUInt64LE(amount, 1);
  const meta = (address: string, isSigner = false) => ({
    address,
    isSigner,
    isWritable: !isSigner,
  });
  const instruction = {
    programId: tokenProgram,
    accounts: [
      meta(cast.account(giver, asset)),
      meta(cast.vaultAt(vault)),
      meta(cast.address(giver), true),
    ],
    data: Uint8Array.from(data),
  };
  return action('gift', instruction, () =>
    cast.model.gift(cast.tokens(giver, asset), vault, amount),
  );
}
