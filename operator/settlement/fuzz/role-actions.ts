import { pick } from '../../testing/seeded-random.ts';
import { type Role, roleVariants } from '../generated/types.ts';
import { type Action, action, type Cast } from './cast.ts';

export function pause(cast: Cast): Action {
  // Seldom on, soon off again: little can be tried while it is.
  const paused = !cast.model.paused && cast.chance(10);
  const admin = cast.mostly(cast.model.roles.Admin, cast.keyAddresses());
  return action('pause', cast.world.stake.pause(admin, paused), () =>
    cast.model.pause(admin, paused),
  );
}

export function proposeAuthority(cast: Cast): Action {
  const role: Role = pick(cast.random, roleVariants);
  const key = pick(cast.random, cast.keyAddresses());
  const admin = cast.mostly(cast.model.roles.Admin, cast.keyAddresses());
  return action('propose_authority', cast.world.stake.proposeAuthority(admin, role, key), () =>
    cast.model.proposeAuthority(admin, role, key),
  );
}

export function acceptAuthority(cast: Cast): Action {
  const key = cast.mostly(cast.model.pending?.key ?? '', cast.keyAddresses());
  const signer = key === '' ? pick(cast.random, cast.keyAddresses()) : key;
  return action('accept_authority', cast.world.stake.acceptAuthority(signer), () =>
    cast.model.acceptAuthority(signer),
  );
}
