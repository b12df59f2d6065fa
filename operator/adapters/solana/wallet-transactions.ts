import { createHash } from 'node:crypto';
import type { Asset } from '../../domain/ledger/types.ts';
import { instant } from '../../domain/instant.ts';
import { formatAmount } from '../../domain/pricing/assets.ts';
import type { StakePosition } from '../../domain/settlement/program-state.ts';
import type { ChainInstruction } from '../../domain/settlement/types.ts';
import type { Chain } from '../../ports/chain.ts';
import type { ChainSender } from '../../ports/chain-sender.ts';
import {
  type UnsignedTransaction,
  type WalletAction,
  WalletActionError,
  type WalletTransactions,
} from '../../ports/wallet-transactions.ts';
import { stakeAddress } from '../../settlement/addresses.ts';
import { decodeCase, decodeStake } from '../../settlement/generated/accounts.ts';
import { deviceIdOf, depositReferenceOf } from '../../settlement/ids.ts';
import type { IoStake } from '../../settlement/io-stake.ts';
import { programAccountOf } from '../../settlement/program-state.ts';
import {
  associatedTokenAddress,
  createAssociatedToken,
  readTokenAccount,
} from '../../settlement/token.ts';
import { readWire } from '../../settlement/wire.ts';
import type { ProofSource } from '../rewards/proof-source.ts';
import { withBudget } from './budget.ts';
import { claimOf } from './claim.ts';
import { unsignedTransaction } from './transaction.ts';

const solDecimals = 9;

type Ports = Readonly<{
  chain: Chain & ChainSender;
  program: IoStake;
  /** Where wallets' proofs of rewards are. */
  proofs: ProofSource;
}>;
type Plan = Readonly<{ instructions: readonly ChainInstruction[]; summary: readonly string[] }>;
type ActionOf<Type extends WalletAction['type']> = Extract<WalletAction, { type: Type }>;

/** Builds for wallets what `io-operator stake`, `claim`, `appeal` and `pay-in` do with a key file. */
export function createWalletTransactions(ports: Ports): WalletTransactions {
  const { chain } = ports;
  return {
    build: (wallet, action) => build(ports, wallet, action),
    send: (transaction) => chain.send(transaction),
    seen: async (signature) => (await chain.seen([signature]))[0] ?? { kind: 'Missing' },
  };
}

async function build(
  ports: Ports,
  wallet: string,
  action: WalletAction,
): Promise<UnsignedTransaction> {
  const { chain } = ports;
  const [lamports = 0n] = await chain.lamports([wallet]);
  if (lamports === 0n) {
    throw new WalletActionError('NoSol', 'the wallet has no SOL, which the network is paid with');
  }
  const plan = await planOf(ports, wallet, action);
  const { instructions, fee } = await withBudget(wallet, chain, plan.instructions);
  const { blockhash } = await chain.latestBlockhash();
  const transaction = unsignedTransaction(wallet, { instructions, blockhash });
  const { message } = readWire(transaction) ?? {};
  if (message === undefined) throw new Error('a transaction was built that cannot be read');
  const paid = `The network takes about ${sol(fee)} SOL from ${wallet}.`;
  return { transaction, message, summary: [...plan.summary, paid] };
}

function planOf(ports: Ports, wallet: string, action: WalletAction): Promise<Plan> {
  switch (action.type) {
    case 'stake':
      return staking(ports, wallet, action);
    case 'unstake':
      return unstaking(ports, wallet, action);
    case 'withdrawStake':
      return withdrawing(ports, wallet, action);
    case 'claim':
      return claiming(ports, wallet);
    case 'appeal':
      return appealing(ports, wallet, action);
    case 'deposit':
      return paying(ports, wallet, action);
  }
}

async function staking(
  { chain, program }: Ports,
  owner: string,
  { member, device, amount }: ActionOf<'stake'>,
): Promise<Plan> {
  const source = await fundedAccount({ chain, program }, owner, 'IO', amount);
  const deviceId = deviceIdOf(member, device);
  return {
    instructions: [program.stake({ owner, deviceId, source, amount })],
    summary: [
      `Stake ${formatAmount(amount, 'IO')} IO behind the device ${device} of ${member}.`,
      'It can be asked back later, and then waits for its cooldown.',
    ],
  };
}

async function unstaking(
  ports: Ports,
  owner: string,
  { member, device }: ActionOf<'unstake' | 'withdrawStake'>,
): Promise<Plan> {
  const { amount, unlockSeconds } = await stakeBehind(ports, owner, member, device);
  if (unlockSeconds !== undefined) {
    const text = `it was asked back before, and can be withdrawn from ${instant(unlockSeconds)}`;
    throw new WalletActionError('AlreadyUnstaking', text);
  }
  const deviceId = deviceIdOf(member, device);
  return {
    instructions: [ports.program.requestUnstake({ owner, deviceId })],
    summary: [
      `Ask ${formatAmount(amount, 'IO')} IO back from the device ${device} of ${member}.`,
      'There is no way back: the device earns nothing until it is staked anew.',
    ],
  };
}

async function withdrawing(
  ports: Ports,
  owner: string,
  { member, device }: ActionOf<'unstake' | 'withdrawStake'>,
): Promise<Plan> {
  const { amount, unlockSeconds } = await stakeBehind(ports, owner, member, device);
  if (unlockSeconds === undefined) {
    throw new WalletActionError('NotUnstaking', 'nobody asked for the stake back; unstake first');
  }
  const { timeSeconds } = await ports.chain.head();
  if (timeSeconds < unlockSeconds) {
    const text = `the stake is in its cooldown until ${instant(unlockSeconds)}`;
    throw new WalletActionError('InCooldown', text);
  }
  const { ioMint } = ports.program.deployment;
  const destination = associatedTokenAddress(owner, ioMint);
  const deviceId = deviceIdOf(member, device);
  return {
    instructions: [
      createAssociatedToken(owner, owner, ioMint),
      ports.program.withdraw({ owner, deviceId, destination }),
    ],
    summary: [
      `Withdraw ${formatAmount(amount, 'IO')} IO from the device ${device} of ${member}.`,
      'What lies in open cases stays.',
    ],
  };
}

async function claiming(ports: Ports, wallet: string): Promise<Plan> {
  const { due, total, epoch, instructions } = await claimOf(ports, ports.proofs, wallet);
  if (due <= 0n) {
    const text = `all of ${formatAmount(total, 'IO')} IO until epoch ${epoch} was claimed before`;
    throw new WalletActionError('NothingToClaim', text);
  }
  return {
    instructions,
    summary: [`Claim ${formatAmount(due, 'IO')} IO of block rewards of epochs until ${epoch}.`],
  };
}

async function appealing(
  { chain, program }: Ports,
  wallet: string,
  { caseAddress, statement }: ActionOf<'appeal'>,
): Promise<Plan> {
  const { programId } = program.deployment;
  const [account] = await chain.accounts([caseAddress], 'confirmed');
  const isCase = account?.owner === programId && programAccountOf(account)?.kind === 'Case';
  if (!isCase) throw new WalletActionError('NoCase', 'the case is not on the chain');
  const { stake, caseId, amount, state } = decodeCase(account.data);
  if (state !== 'Open') throw new WalletActionError('NotOpen', `the case is ${state}`);
  const [behind] = await chain.accounts([stake], 'confirmed');
  if (behind?.owner !== programId) {
    throw new WalletActionError('NoStake', 'the stake of the case is gone');
  }
  const { owner, deviceId } = decodeStake(behind.data);
  if (owner !== wallet) {
    throw new WalletActionError('NotTheOwner', `the stake is that of ${owner}, who has to appeal`);
  }
  const hash = createHash('sha256').update(statement).digest();
  return {
    instructions: [program.appeal({ owner, deviceId, caseId, appealHash: Uint8Array.from(hash) })],
    summary: [
      `Appeal against the case about ${formatAmount(amount, 'IO')} IO.`,
      `The chain keeps the sha256 of your statement, ${hash.toString('hex')}: keep the statement.`,
    ],
  };
}

async function paying(
  ports: Ports,
  depositor: string,
  { account, asset, amount }: ActionOf<'deposit'>,
): Promise<Plan> {
  const source = await fundedAccount(ports, depositor, asset, amount);
  const reference = depositReferenceOf(account);
  return {
    instructions: [ports.program.deposit({ asset, depositor, source, amount, reference })],
    summary: [
      `Pay ${formatAmount(amount, asset)} ${asset} in for the account ${account}.`,
      'It is credited once it is final, and can be withdrawn by that account alone.',
    ],
  };
}

/** The token account of a wallet, which has to have so much. */
async function fundedAccount(
  { chain, program }: Pick<Ports, 'chain' | 'program'>,
  wallet: string,
  asset: Asset,
  amount: bigint,
): Promise<string> {
  const { ioMint, usdcMint } = program.deployment;
  const address = associatedTokenAddress(wallet, asset === 'IO' ? ioMint : usdcMint);
  const [account] = await chain.accounts([address], 'confirmed');
  const has = readTokenAccount(account)?.amount ?? 0n;
  if (has >= amount) return address;
  const text = `the wallet has ${formatAmount(has, asset)} of ${formatAmount(amount, asset)} ${asset}`;
  throw new WalletActionError('InsufficientFunds', text);
}

async function stakeBehind(
  { chain, program }: Ports,
  owner: string,
  member: string,
  device: string,
): Promise<StakePosition> {
  const { programId } = program.deployment;
  const address = stakeAddress(programId, owner, deviceIdOf(member, device));
  const [account] = await chain.accounts([address], 'confirmed');
  const read = account?.owner === programId ? programAccountOf(account) : undefined;
  if (read?.kind === 'Stake') return read.stake;
  const text = `the wallet has no stake behind the device ${device} of ${member}`;
  throw new WalletActionError('NoStake', text);
}

/** Lamports as SOL, without zeros at the end. */
function sol(lamports: bigint): string {
  const digits = lamports.toString().padStart(solDecimals + 1, '0');
  const [whole, parts] = [digits.slice(0, -solDecimals), digits.slice(-solDecimals)];
  return `${whole}.${parts.replace(/0+$/, '').padEnd(2, '0')}`;
}
