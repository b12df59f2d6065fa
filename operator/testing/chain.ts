import { readFileSync } from 'node:fs';
import { silentProgress } from '../../hack/federation/progress.ts';
import { buildUnchecked } from '../../hack/solana/program.ts';
import type { ChainInstruction } from '../domain/settlement/types.ts';
import { type Faults, startLocalnet } from '../localnet/index.ts';
import type { Signer } from '../ports/signer.ts';
import type { Asset, Deployment } from '../settlement/addresses.ts';
import { epochSeconds, localnetProgramId } from '../settlement/generated/constants.ts';
import { type Genesis, type IoStake, ioStake } from '../settlement/io-stake.ts';
import { chainKeys, type ChainRole, ChainTool, initializeChain } from './chain-tool.ts';
import { freezeAccount } from './spl.ts';
import { type TestWallet, walletNamed } from './wallet.ts';

/** Epoch 1 began this many hours before the chain, so that many epochs are over. */
const hoursBefore = 1_000;

export type TestChainOptions = Readonly<{
  /** Milliseconds of a slot; 32 of them make what happened final. Default 10. */
  slotMs?: number;
  /** What goes wrong with calls; it is asked once the program is there. */
  faults?: Faults;
  /** Default: some weeks ago, on a full hour. */
  genesisSeconds?: number;
  /** Changes of what the program is initialized with. */
  genesis?: Partial<Genesis>;
}>;

/** A chain of one test file with the program, both mints and the keys of all roles. */
export type TestChain = Readonly<{
  url: string;
  deployment: Deployment;
  program: IoStake;
  roles: Readonly<Record<ChainRole, TestWallet>>;
  /** First second of the program's epoch 1. */
  genesisSeconds: number;
  /** A wallet with lamports; the same name is the same wallet, also in other tests. */
  wallet: (name: string) => Promise<TestWallet>;
  /** Gives a wallet tokens that are made for it. Returns its token account. */
  fund: (wallet: string, asset: Asset, amount: bigint) => Promise<string>;
  /** Lets a token account neither take nor give anything. */
  freeze: (account: string, asset: Asset) => Promise<void>;
  /** Sends and waits until it is final; the first signer pays. Throws what the chain says. */
  send: (
    instructions: readonly ChainInstruction[],
    signers: readonly [Signer, ...Signer[]],
  ) => Promise<string>;
  /** Final tokens in an account; 0 where there is none. */
  tokens: (account: string) => Promise<bigint>;
  /** Moves the chain's time. */
  warp: (seconds: number) => Promise<void>;
  /** Throws away what is not final. */
  fork: () => Promise<readonly string[]>;
  /** The chain's own time. */
  nowSeconds: () => Promise<number>;
  close: () => Promise<void>;
}>;

/** Starts a chain; close it in `afterAll`. */
export async function startTestChain(options: TestChainOptions = {}): Promise<TestChain> {
  const { path } = await buildUnchecked(silentProgress);
  const keys = chainKeys(walletNamed);
  const { roles, mints } = keys;
  let ready = false;
  const localnet = await startLocalnet({
    slotMs: options.slotMs ?? 10,
    programs: [
      {
        address: localnetProgramId,
        bytes: readFileSync(path),
        upgradeAuthority: roles.admin.address,
      },
    ],
    faults: (call) => (ready ? options.faults?.(call) : undefined),
  });
  const deployment = {
    programId: localnetProgramId,
    ioMint: mints.IO.address,
    usdcMint: mints.USDC.address,
  };
  const tool = new ChainTool(localnet.url);
  const genesisSeconds = options.genesisSeconds ?? hourOf(await tool.nowSeconds());
  const genesis = { genesisTs: genesisSeconds, ...options.genesis };
  await initializeChain(tool, keys, deployment, genesis);
  ready = true;
  const funded = new Map<string, Promise<TestWallet>>();
  const makeWallet = async (name: string): Promise<TestWallet> => {
    const wallet = walletNamed(name);
    await tool.airdrop(wallet.address);
    return wallet;
  };
  return {
    url: localnet.url,
    deployment,
    program: ioStake(deployment),
    roles,
    genesisSeconds,
    wallet: (name) => {
      const wallet = funded.get(name) ?? makeWallet(name);
      funded.set(name, wallet);
      return wallet;
    },
    fund: (wallet, asset, amount) => tool.fund(roles.admin, wallet, mints[asset].address, amount),
    freeze: async (account, asset) => {
      const { admin } = roles;
      await tool.send([freezeAccount(admin.address, account, mints[asset].address)], [admin]);
    },
    send: (instructions, signers) => tool.send(instructions, signers),
    tokens: (account) => tool.tokens(account),
    warp: (seconds) => localnet.warp({ seconds }),
    fork: () => localnet.fork(),
    nowSeconds: () => tool.nowSeconds(),
    close: () => localnet.close(),
  };
}

const hourOf = (seconds: number): number =>
  (Math.floor(seconds / epochSeconds) - hoursBefore) * epochSeconds;
