import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { seedSigner } from '../../../operator/adapters/solana/key-signer.ts';
import {
  epochSeconds,
  localnetProgramId,
} from '../../../operator/settlement/generated/constants.ts';
import { ioStake } from '../../../operator/settlement/io-stake.ts';
import { chainKeys, ChainTool, initializeChain } from '../../../operator/testing/chain-tool.ts';
import { startLocalnetServer } from '../../federation/localnet.ts';
import { ownedRunDirectory } from '../../federation/run-directory.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { measureClaims } from './claims.ts';
import { yearlyCost } from './costs.ts';

const CLAIMS = 10_000;
const SLOT_MS = 40;
const EPOCHS_BEFORE = 1_000;

/** What needs the program on a chain: claims of many wallets, and what a year costs. */
export async function onChain(context: BenchContext, path: string): Promise<void> {
  const { figures, say } = context;
  const keys = chainKeys(() => seedSigner(randomBytes(32)));
  const authority = keys.roles.admin.address;
  const localnet = await startLocalnetServer(join(await ownedRunDirectory('bench'), 'localnet'), {
    program: { path, address: localnetProgramId, authority },
    slotMs: SLOT_MS,
  });
  try {
    const { url } = localnet;
    const deployment = {
      programId: localnetProgramId,
      ioMint: keys.mints.IO.address,
      usdcMint: keys.mints.USDC.address,
    };
    const tool = new ChainTool(url);
    const hour = Math.floor((await tool.nowSeconds()) / epochSeconds);
    const genesisTs = (hour - EPOCHS_BEFORE) * epochSeconds;
    await initializeChain(tool, keys, deployment, { genesisTs, challengeDelaySeconds: 0 });
    const program = ioStake(deployment);
    const count = scaled(context, CLAIMS);
    say(`${count} wallets claim`);
    const seconds = await measureClaims({ url, program, keys }, count);
    figures.add({
      name: 'claims_per_min',
      value: (count * 60) / seconds,
      unit: '1/min',
      n: count,
      note:
        'through io-operator localnet, synced to disk, from the first signature until all is ' +
        `final: ${seconds.toFixed(1)} s`,
    });
    const node = process.env['IO_SOLANA_RPC_URL'] ?? url;
    const cost = await yearlyCost(node, program, authority);
    figures.add({
      name: 'sol_per_year',
      value: cost.fees,
      unit: 'SOL',
      n: 1,
      note:
        `fees of hourly roots and 20,000 payments a day, priority fee ${cost.microLamportsPerUnit} ` +
        `micro-lamports a unit, by ${node === url ? 'localnet' : new URL(node).host}; besides ` +
        `${cost.lockedRent.toFixed(1)} SOL lie in guards that come back after 30 days, and ` +
        `${cost.tokenAccount.toFixed(5)} SOL once for a wallet without a token account`,
    });
  } finally {
    await localnet.stop();
  }
}
