import { Connection, PublicKey } from '@solana/web3.js';
import { signTransaction } from '../adapters/solana/transaction.ts';
import type { ChainInstruction } from '../domain/settlement/types.ts';
import type { Signer } from '../ports/signer.ts';
import { messageOf } from '../runtime/logger.ts';
import type { Asset, Deployment } from '../settlement/addresses.ts';
import { computeBudget } from '../settlement/compute-budget.ts';
import { ioDecimals, usdcDecimals } from '../settlement/generated/constants.ts';
import { type Genesis, ioStake } from '../settlement/io-stake.ts';
import {
  associatedTokenAddress,
  createAssociatedToken,
  readTokenAccount,
} from '../settlement/token.ts';
import { eventually } from './eventually.ts';
import { createMint, mintTo } from './spl.ts';

const roleNames = ['admin', 'publisher', 'slasher', 'adjudicator', 'auditor', 'treasurer'] as const;
export type ChainRole = (typeof roleNames)[number];

/** The keys of a chain of our own: of its roles, and of its mints, which `admin` mints from. */
export type ChainKeys<Key extends Signer = Signer> = Readonly<{
  roles: Readonly<Record<ChainRole, Key>>;
  mints: Readonly<Record<Asset, Key>>;
}>;

/** The keys that `make` makes from names. */
export function chainKeys<Key extends Signer>(make: (name: string) => Key): ChainKeys<Key> {
  const roles = Object.fromEntries(roleNames.map((role) => [role, make(role)]));
  return {
    roles: roles as Record<ChainRole, Key>,
    mints: { IO: make('mint of IO'), USDC: make('mint of USDC') },
  };
}

/** Lamports that each role and wallet gets: 100 SOL. */
const airdrop = 100_000_000_000;
const daySeconds = 86_400;
const limit = 1_000_000_000_000n;

/** Gives all roles lamports, and makes both mints. */
export async function makeMints(tool: ChainTool, { roles, mints }: ChainKeys): Promise<void> {
  const { admin } = roles;
  await Promise.all(Object.values(roles).map(({ address }) => tool.airdrop(address)));
  await tool.send(
    [
      ...createMint(admin.address, mints.IO.address, ioDecimals),
      ...createMint(admin.address, mints.USDC.address, usdcDecimals),
    ],
    [admin, mints.IO, mints.USDC],
  );
}

/** Makes both mints and initializes the program, whose upgrade authority is `admin`. */
export async function initializeChain(
  tool: ChainTool,
  keys: ChainKeys,
  deployment: Deployment,
  changes: Partial<Genesis> & Pick<Genesis, 'genesisTs'>,
): Promise<void> {
  await makeMints(tool, keys);
  const genesis = { ...genesisOf(keys.roles), ...changes };
  await tool.send([ioStake(deployment).initialize(genesis)], [keys.roles.admin]);
}

function genesisOf(roles: Readonly<Record<ChainRole, Signer>>): Omit<Genesis, 'genesisTs'> {
  return {
    admin: roles.admin.address,
    publisher: roles.publisher.address,
    slasher: roles.slasher.address,
    adjudicator: roles.adjudicator.address,
    auditor: roles.auditor.address,
    treasurer: roles.treasurer.address,
    cooldownSeconds: 14 * daySeconds,
    appealSeconds: 30 * daySeconds,
    adjudicationSeconds: 90 * daySeconds,
    challengeDelaySeconds: 1_800,
    slashCapPerEpoch: limit,
    emissionPerEpoch: limit,
    ioPayOutCapPerEpoch: limit,
    usdcPayOutCapPerEpoch: limit,
  };
}

/** The few calls that tests and the demo make beside the client that they show. */
export class ChainTool {
  readonly #connection: Connection;
  /** Tests may send the same instructions twice, which must not be one transaction. */
  #sent = 0;

  constructor(url: string) {
    this.#connection = new Connection(url, {
      commitment: 'finalized',
      httpAgent: false,
      // The library waits for ever after an error that is not of jest's own realm.
      fetch: (input, init) =>
        fetch(input as string, init as RequestInit).catch((error: unknown) => {
          throw new Error(messageOf(error));
        }),
    });
  }

  async nowSeconds(): Promise<number> {
    const slot = await this.#connection.getSlot('processed');
    return (await this.#connection.getBlockTime(slot)) ?? 0;
  }

  async airdrop(address: string): Promise<void> {
    await this.#final(await this.#connection.requestAirdrop(new PublicKey(address), airdrop));
  }

  /** Gives a wallet tokens that are made for it. Returns its token account. */
  async fund(admin: Signer, wallet: string, mint: string, amount: bigint): Promise<string> {
    const to = associatedTokenAddress(wallet, mint);
    const make = createAssociatedToken(admin.address, wallet, mint);
    const coin = mintTo({ authority: admin.address, from: mint, to, amount });
    await this.send([make, coin], [admin]);
    return to;
  }

  async send(
    instructions: readonly ChainInstruction[],
    signers: readonly [Signer, ...Signer[]],
  ): Promise<string> {
    const { blockhash } = await this.#connection.getLatestBlockhash('confirmed');
    this.#sent += 1;
    const budget = computeBudget({ units: 1_000_000 + this.#sent, microLamportsPerUnit: 0n });
    const { bytes } = await signTransaction(signers, {
      instructions: [...budget, ...instructions],
      blockhash,
    });
    const signature = await this.#connection.sendRawTransaction(bytes, {
      preflightCommitment: 'confirmed',
    });
    await this.#final(signature);
    return signature;
  }

  async tokens(account: string): Promise<bigint> {
    const found = await this.#connection.getAccountInfo(new PublicKey(account));
    if (found === null) return 0n;
    return readTokenAccount({ owner: found.owner.toBase58(), data: found.data })?.amount ?? 0n;
  }

  /** All tokens of a mint that exist. */
  async supply(mint: string): Promise<bigint> {
    const { value } = await this.#connection.getTokenSupply(new PublicKey(mint), 'finalized');
    return BigInt(value.amount);
  }

  async #final(signature: string): Promise<void> {
    await eventually(
      async () => {
        const { value } = await this.#connection.getSignatureStatus(signature);
        if (value?.confirmationStatus !== 'finalized') throw new Error(`${signature} is not final`);
      },
      { withinMs: 60_000, everyMs: 10 },
    );
  }
}
