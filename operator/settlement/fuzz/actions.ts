import { below } from '../../testing/seeded-random.ts';
import type { Action, Cast } from './cast.ts';
import {
  cancelRoot,
  claim,
  closeOperation,
  deposit,
  fundRewards,
  gift,
  payOut,
  publishRoot,
} from './money-actions.ts';
import { acceptAuthority, pause, proposeAuthority } from './role-actions.ts';
import {
  appeal,
  finalizeBurn,
  openCase,
  requestUnstake,
  resolve,
  stake,
  withdraw,
} from './stake-actions.ts';

/** Of a hundred actions, how many are of each kind. */
const weights: readonly (readonly [number, (cast: Cast) => Action])[] = [
  [19, stake],
  [4, requestUnstake],
  [5, withdraw],
  [11, openCase],
  [6, appeal],
  [8, resolve],
  [5, finalizeBurn],
  [6, publishRoot],
  [2, cancelRoot],
  [9, claim],
  [4, fundRewards],
  [6, deposit],
  [6, payOut],
  [2, closeOperation],
  [2, pause],
  [2, proposeAuthority],
  [2, acceptAuthority],
  [1, gift],
];
let sum = 0;
const table = weights.map(([weight, draw]) => ({ until: (sum += weight), draw }));

/** Draws an action: most are meant to succeed, many are tries of what must not. */
export function drawAction(cast: Cast): Action {
  const roll = below(cast.random, 100);
  const { draw } = table.find(({ until }) => roll < until) ?? { draw: stake };
  return draw(cast);
}
