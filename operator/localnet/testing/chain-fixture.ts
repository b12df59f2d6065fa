import { Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
import { Chain, type ChainOptions } from '../chain/chain.ts';
import { decodeTransaction, type Transaction as Decoded } from '../chain/transaction.ts';
import type { Wallet } from './client.ts';

export const slotMs = 400;
export const startMs = Date.UTC(2026, 10, 1);

/** A chain in memory whose clock a test moves. */
export class ChainFixture {
  nowMs = startMs;
  readonly chain: Chain;

  constructor(options: Partial<ChainOptions> = {}) {
    this.chain = new Chain({
      genesis: { seed: new Uint8Array(32).fill(7), startMs, slotMs },
      now: () => this.nowMs,
      programs: [],
      records: [],
      journal: undefined,
      historyLimit: 1_000,
      ...options,
    });
  }

  /** Lets slots pass. */
  pass(slots: number): void {
    this.nowMs += slots * slotMs;
  }

  /** A signed transfer with the newest blockhash, or the one that is given. */
  transfer(
    from: Wallet,
    to: string,
    lamports: bigint,
    blockhash = this.chain.time.blockhash(this.chain.time.slot()),
  ): Decoded {
    const signer = Keypair.fromSecretKey(from.secret);
    const transaction = new Transaction({ feePayer: signer.publicKey, recentBlockhash: blockhash });
    const toPubkey = new PublicKey(to);
    transaction.add(SystemProgram.transfer({ fromPubkey: signer.publicKey, toPubkey, lamports }));
    transaction.sign(signer);
    return decodeTransaction(transaction.serialize());
  }
}
