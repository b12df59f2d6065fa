import { type IODevice, ioDeviceResource } from '../../crds/schema/index.ts';
import { fileSigner } from '../adapters/solana/key-signer.ts';
import { ConfigError, type StakeConfig } from '../config.ts';
import { memberNamespace } from '../domain/lease.ts';
import { formatAmount, parseAmount } from '../domain/pricing/assets.ts';
import { fromHex } from '../domain/settlement/hex.ts';
import type { StakePosition } from '../domain/settlement/program-state.ts';
import type { ChainAccount, ChainInstruction } from '../domain/settlement/types.ts';
import { instant } from '../domain/instant.ts';
import type { Signer } from '../ports/signer.ts';
import { stakeAddress } from '../settlement/addresses.ts';
import { base58Decode } from '../settlement/base58.ts';
import { accountLayouts } from '../settlement/generated/accounts.ts';
import { deviceIdOf } from '../settlement/ids.ts';
import { filtersOf, programAccountOf } from '../settlement/program-state.ts';
import { associatedTokenAddress, createAssociatedToken } from '../settlement/token.ts';
import { withHub } from './kube-reader.ts';
import { openProgram, type Program, sendAs } from './wallet-transaction.ts';

/** What fits into one transaction with room to spare. */
const stakesPerTransaction = 6;
const devicesPerPage = 500;

/** What is staked, and how a person calls it. */
type Target = Readonly<{ name: string; deviceId: Uint8Array; required: bigint | undefined }>;

/** What is done about one stake, and how it is told once it is final. */
type Action = Readonly<{ instructions: readonly ChainInstruction[]; told: string }>;

/** `io-operator stake|unstake|withdraw-stake`: signed with the supplier's own key, and final when told. */
export async function runStake(config: StakeConfig): Promise<void> {
  const wallet = fileSigner(config['wallet-key-file']);
  const program = openProgram(config);
  const actions = await actionsOf(config, wallet, program);
  if (actions.length === 0) print('nothing to do');
  for (let at = 0; at < actions.length; at += stakesPerTransaction) {
    const some = actions.slice(at, at + stakesPerTransaction);
    const signature = await sendAs(
      wallet,
      program,
      some.flatMap(({ instructions }) => instructions),
    );
    for (const { told } of some) print(`${told} (${signature})`);
  }
}

function actionsOf(
  config: StakeConfig,
  wallet: Signer,
  program: Program,
): Promise<readonly Action[]> {
  switch (config.command) {
    case 'stake':
      return staking(config, wallet, program);
    case 'unstake':
      return unstaking(config, wallet, program);
    case 'withdraw-stake':
      return withdrawing(config, wallet, program);
  }
}

/** Without an amount, what is still missing of what the hub says that a device needs. */
async function staking(
  config: StakeConfig,
  wallet: Signer,
  { chain, program }: Program,
): Promise<readonly Action[]> {
  const given = amountOf(config);
  const targets = await targetsOf(config, given === undefined);
  const { programId, ioMint } = program.deployment;
  const owner = wallet.address;
  const source = associatedTokenAddress(owner, ioMint);
  const actions: Action[] = [];
  for (const { name, deviceId, required } of targets) {
    const [account] = await chain.accounts([stakeAddress(programId, owner, deviceId)]);
    const amount = given ?? (required ?? 0n) - (stakeOf(account, programId)?.amount ?? 0n);
    if (amount <= 0n) continue;
    actions.push({
      instructions: [program.stake({ owner, deviceId, source, amount })],
      told: `staked ${formatAmount(amount, 'IO')} IO behind ${name}`,
    });
  }
  return actions;
}

async function unstaking(
  config: StakeConfig,
  { address: owner }: Signer,
  { chain, program }: Program,
): Promise<readonly Action[]> {
  const found = await stakesOf(config, owner, { chain, program });
  return found
    .filter(({ stake }) => stake.unlockSeconds === undefined)
    .map(({ name, stake }) => ({
      instructions: [program.requestUnstake({ owner, deviceId: fromHex(stake.deviceId) })],
      told: `asked ${formatAmount(stake.amount, 'IO')} IO back from ${name}: there is no way back`,
    }));
}

async function withdrawing(
  config: StakeConfig,
  { address: owner }: Signer,
  { chain, program }: Program,
): Promise<readonly Action[]> {
  const { ioMint } = program.deployment;
  const destination = associatedTokenAddress(owner, ioMint);
  const { timeSeconds } = await chain.head();
  const found = await stakesOf(config, owner, { chain, program });
  const actions: Action[] = [];
  for (const { name, stake } of found) {
    const { unlockSeconds, deviceId, amount } = stake;
    if (unlockSeconds === undefined) print(`${name}: nobody asked for it back; unstake first`);
    else if (timeSeconds < unlockSeconds) {
      print(`${name}: in cooldown until ${instant(unlockSeconds)}`);
    } else {
      actions.push({
        instructions: [
          createAssociatedToken(owner, owner, ioMint),
          program.withdraw({ owner, deviceId: fromHex(deviceId), destination }),
        ],
        told: `withdrew ${formatAmount(amount, 'IO')} IO from ${name}`,
      });
    }
  }
  return actions;
}

type Named = Readonly<{ name: string; stake: StakePosition }>;

/** Of one device, or all that the wallet has. Throws when the device has none. */
async function stakesOf(
  config: StakeConfig,
  owner: string,
  { chain, program }: Program,
): Promise<readonly Named[]> {
  const { programId } = program.deployment;
  if (config.all) {
    const { owner: offset } = accountLayouts.Stake.offsets;
    const accounts = await chain.programAccounts(programId, [
      ...filtersOf('Stake'),
      { offset, bytes: base58Decode(owner) },
    ]);
    return accounts.flatMap((account): Named[] => {
      const stake = stakeOf(account, programId);
      return stake === undefined ? [] : [{ name: account.address, stake }];
    });
  }
  const [target] = await targetsOf(config, false);
  if (target === undefined) return [];
  const [account] = await chain.accounts([stakeAddress(programId, owner, target.deviceId)]);
  const stake = stakeOf(account, programId);
  if (stake === undefined) throw new Error(`${owner} has no stake behind ${target.name}`);
  return [{ name: target.name, stake }];
}

function stakeOf(account: ChainAccount | undefined, programId: string): StakePosition | undefined {
  if (account?.owner !== programId) return undefined;
  const read = programAccountOf(account);
  return read?.kind === 'Stake' ? read.stake : undefined;
}

/** The device of the flags, or all of the member; the hub knows those, and what each needs. */
async function targetsOf(config: StakeConfig, asksHub: boolean): Promise<readonly Target[]> {
  const { member, device, all } = config;
  if (member === undefined || (device === undefined) === !all) {
    throw wrong(config, '--member and either --device or --all=true are needed');
  }
  const nameOf = (name: string): string => `${name} of ${member}`;
  if (device !== undefined && !asksHub) {
    const deviceId = deviceIdOf(member, device);
    return [{ name: nameOf(device), deviceId, required: undefined }];
  }
  const devices = await devicesOf(config, member);
  return devices.map(({ metadata, status }) => {
    const required = status?.stake?.requiredBaseUnits;
    if (asksHub && required === undefined) {
      const why = status?.conditions?.find(({ type }) => type === 'Staked')?.message ?? 'unknown';
      throw new Error(`what ${nameOf(metadata.name)} needs is not known: ${why}`);
    }
    return {
      name: nameOf(metadata.name),
      deviceId: deviceIdOf(member, metadata.name),
      required: required === undefined ? undefined : BigInt(required),
    };
  });
}

function devicesOf(config: StakeConfig, member: string): Promise<readonly IODevice[]> {
  const namespace = memberNamespace(member);
  return withHub(config, async (client) => {
    if (config.device !== undefined) {
      const found = await client.get(ioDeviceResource, config.device, namespace);
      if (found === undefined) throw new Error(`member ${member} has no device ${config.device}`);
      return [found];
    }
    const devices: IODevice[] = [];
    let next: string | undefined;
    do {
      const page = await client.list(ioDeviceResource, {
        namespace,
        limit: devicesPerPage,
        continue: next,
      });
      devices.push(...page.items);
      next = page.continue;
    } while (next !== undefined);
    return devices;
  });
}

function amountOf(config: StakeConfig): bigint | undefined {
  if (config.amount === undefined) return undefined;
  const amount = parseAmount(config.amount, 'IO');
  if (amount === undefined || amount === 0n) {
    throw wrong(config, `--amount: ${config.amount} is no amount of IO`);
  }
  return amount;
}

const wrong = ({ command }: StakeConfig, message: string): ConfigError =>
  new ConfigError(`io-operator ${command}: ${message}`);

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
