import { setImmediate as nextTurn } from 'node:timers/promises';
import { below, seededRandom } from '../../testing/seeded-random.ts';
import type { Asset } from '../addresses.ts';
import { accountLayouts, decodeCase, decodeOperation, decodeStake } from '../generated/accounts.ts';
import type { Genesis } from '../io-stake.ts';
import { readAmount, readSupply } from '../testing/tokens.ts';
import { testGenesis, World } from '../testing/world.ts';
import { drawAction } from './actions.ts';
import { type Action, Cast, purposes } from './cast.ts';
import { Model, type Purpose } from './model.ts';

/** Wealth is spread, caps are reached and roots are refused: all within reach of few tokens. */
const genesis: Genesis = {
  ...testGenesis,
  slashCapPerEpoch: 15_000n,
  emissionPerEpoch: 2_000n,
  ioPayOutCapPerEpoch: 3_000n,
  usdcPayOutCapPerEpoch: 3_000n,
};

/** A new chain begins after so many instructions, so that no run is bound to one history. */
const instructionsPerWorld = 20_000;
const everythingEvery = 500;
const warpPercent = 12;
const insufficient = 'custom program error: 0x1';

export type FuzzReport = Readonly<{
  instructions: number;
  accepted: number;
  /** How often each answer was given, by instruction. */
  answers: ReadonlyMap<string, number>;
}>;

/**
 * Runs a random sequence of instructions on the program and on the model, and compares after each:
 * the answer, every vault, the books and the supply. @throws Error at the first difference, with the
 * seed and the number of the instruction
 */
export async function fuzz(
  program: Uint8Array,
  seed: number,
  instructions: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<FuzzReport> {
  const answers = new Map<string, number>();
  let accepted = 0;
  for (let done = 0; done < instructions; ) {
    const count = Math.min(instructionsPerWorld, instructions - done);
    accepted += await fuzzWorld(program, seed + done / instructionsPerWorld, count, answers);
    onProgress((done += count));
  }
  return { instructions, accepted, answers };
}

async function fuzzWorld(
  program: Uint8Array,
  seed: number,
  instructions: number,
  answers: Map<string, number>,
): Promise<number> {
  const random = seededRandom(seed);
  const world = new World(program);
  world.initialize(genesis);
  const model = new Model(genesis, world.now);
  const cast = new Cast(random, world, model);
  const supply = { IO: world.supply('IO'), USDC: world.supply('USDC') };
  let accepted = 0;
  for (let step = 1; step <= instructions; step += 1) {
    const action = drawAction(cast);
    try {
      const answer = compareAnswers(world, action);
      if (answer === 'ok') accepted += 1;
      const key = `${action.name}: ${answer}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      compareBooks(world, model, cast, supply);
      if (step % everythingEvery === 0 || step === instructions) {
        compareEverything(world, model, cast);
        // The machine's memory is given back between turns only.
        await nextTurn();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${seed}, instruction ${step}, ${action.name}: ${reason}`, {
        cause: error,
      });
    }
    if (below(random, 100) < warpPercent) {
      world.warp(cast.warp());
      model.now = world.now;
    }
  }
  return accepted;
}

function compareAnswers(world: World, action: Action): string {
  const { error, logs } = world.send(action.instruction);
  const given = error === insufficient ? 'Insufficient' : error;
  const wanted = action.answer();
  if (given !== wanted) {
    throw new Error(`answers ${given ?? 'ok'}, not ${wanted ?? 'ok'}\n${logs.join('\n')}`);
  }
  return given ?? 'ok';
}

/** Nothing comes from nowhere and nothing is lost; and the program's books say what there is. */
function compareBooks(
  world: World,
  model: Model,
  cast: Cast,
  supply: Readonly<Record<Asset, bigint>>,
): void {
  const has = (purpose: Purpose): bigint => readAmount(world.machine.data(cast.vaultAt(purpose)));
  const own = (purpose: Purpose): bigint => has(purpose) - model.gifts[purpose];
  const { config, distributor, custody } = world.stake.addresses;
  const booked = field(world, config);
  const { offsets } = accountLayouts.Config;
  const [staked, escrowed, burnt] = [
    booked(offsets.totalStaked),
    booked(offsets.totalEscrowed),
    booked(offsets.totalBurnt),
  ];
  const at = accountLayouts.Distributor.offsets;
  const [claimed, funded] = [at.claimedTotal, at.fundedTotal].map(field(world, distributor));
  same('stake vault', own('stake'), staked + escrowed);
  same('rewards vault', own('rewards'), (funded ?? 0n) - (claimed ?? 0n));
  for (const asset of ['IO', 'USDC'] as const) {
    const { depositedTotal, paidTotal } = accountLayouts.Custody.offsets;
    const value = field(world, custody[asset]);
    same(`custody of ${asset}`, own(`custody ${asset}`), value(depositedTotal) - value(paidTotal));
    const left = readSupply(world.machine.data(world.mint(asset)));
    same(`supply of ${asset}`, left + (asset === 'IO' ? burnt : 0n), supply[asset]);
  }
  same('staked', staked, model.staked);
  same('escrowed', escrowed, model.escrowed);
  same('burnt', burnt, model.burnt);
  same('claimed', claimed ?? 0n, model.claimedTotal);
}

/** Also every wallet, stake, case and operation. */
function compareEverything(world: World, model: Model, cast: Cast): void {
  for (const [name, address] of cast.tokenAccounts()) {
    same(name, world.balance(address), model.wallets.get(name) ?? 0n);
  }
  for (const purpose of purposes) {
    same(`vault ${purpose}`, world.balance(cast.vaultAt(purpose)), model.vaults[purpose]);
  }
  compareStakes(world, model);
  for (const [address, { state, amount }] of model.cases) {
    const found = decodeCase(world.machine.data(address));
    same('state of a case', found.state, state);
    same('amount of a case', found.amount, amount);
  }
  for (const [address, decided] of model.operations) {
    same('an operation', decodeOperation(world.machine.data(address)).createdTs, decided);
  }
}

function compareStakes(world: World, model: Model): void {
  let [staked, escrowed] = [0n, 0n];
  for (const [address, stake] of model.stakes) {
    const found = decodeStake(world.machine.data(address));
    same('amount of a stake', found.amount, stake.amount);
    same('escrow of a stake', found.escrowed, stake.escrowed);
    same('cooldown of a stake', found.unlockTs, stake.unlock);
    same('open cases of a stake', found.openCases, stake.cases);
    staked += found.amount;
    escrowed += found.escrowed;
  }
  same('sum of the stakes', staked, model.staked);
  same('sum of the escrows', escrowed, model.escrowed);
}

/** Reads amounts at offsets of an account; decoding all of it after each instruction is slow. */
function field(world: World, address: string): (offset: number) => bigint {
  const data = Buffer.from(world.machine.data(address));
  return (offset) => data.readBigUInt64LE(offset);
}

type Value = bigint | number | string;

function same<T extends Value>(what: string, given: T, wanted: T): void {
  if (given !== wanted) throw new Error(`${what} is ${given}, not ${wanted}`);
}
