import { createHash } from 'node:crypto';
import { toHex } from '../domain/settlement/hex.ts';
import { depthOf, leafHashes } from '../domain/settlement/merkle.ts';
import { operationIdOf } from '../settlement/addresses.ts';
import { base58Decode, base58Encode } from '../settlement/base58.ts';
import { caseIdOf, depositReferenceOf, deviceIdOf } from '../settlement/ids.ts';
import type { TestChain } from './chain.ts';
import { memo, transferTokens } from './spl.ts';

/** Accounts that the history is about; only the supplier proved its wallet. */
export const historyAccounts = {
  renter: 'renters/a',
  other: 'renters/b',
  supplier: 'suppliers/x',
} as const;

const daySeconds = 86_400;
const io = 100_000_000n;
const usdc = 1_000_000n;

/**
 * Everything that the program can do to money, once: deposits, plain transfers with and without a
 * memo, stakes, cases that are reversed and burnt, a withdrawal, a claim, a payment.
 */
export async function makeHistory(chain: TestChain): Promise<void> {
  await payIn(chain);
  await stakeAndJudge(chain);
  await claim(chain);
  await payOut(chain);
}

async function payIn(chain: TestChain): Promise<void> {
  const { program } = chain;
  const payer = await chain.wallet('payer');
  const source = await chain.fund(payer.address, 'USDC', 1_000n * usdc);
  const reference = depositReferenceOf(historyAccounts.renter);
  const deposit = (amount: bigint, of: Uint8Array) =>
    program.deposit({
      ...{ asset: 'USDC' as const, depositor: payer.address, source },
      ...{ amount, reference: of },
    });
  const plain = (amount: bigint) =>
    transferTokens({
      ...{ authority: payer.address, from: source, to: program.addresses.custodyVault.USDC },
      amount,
    });
  const others = depositReferenceOf(historyAccounts.other);
  await chain.send([deposit(100n * usdc, reference)], [payer]);
  await chain.send([deposit(7n * usdc, new Uint8Array(32).fill(9))], [payer]);
  await chain.send([memo(toHex(reference)), plain(20n * usdc)], [payer]);
  await chain.send([memo(base58Encode(others)), plain(3n * usdc)], [payer]);
  await chain.send([memo('for\u0000 rent, \u202e please'), plain(5n * usdc)], [payer]);
  await chain.send([memo(toHex(reference)), memo(toHex(others)), plain(11n * usdc)], [payer]);
  // Two events and a plain transfer at once, one of them for somebody else.
  await chain.send(
    [deposit(1n, reference), deposit(2n, others), plain(4n), memo(toHex(others))],
    [payer],
  );
  const ioSource = await chain.fund(payer.address, 'IO', 50n * io);
  const inIo = { asset: 'IO' as const, depositor: payer.address, source: ioSource };
  await chain.send([program.deposit({ ...inIo, amount: 40n * io, reference })], [payer]);
}

async function stakeAndJudge(chain: TestChain): Promise<void> {
  const { program, roles } = chain;
  const [supplier, stranger] = [await chain.wallet('supplier'), await chain.wallet('stranger')];
  const source = await chain.fund(supplier.address, 'IO', 1_000n * io);
  const own = { owner: supplier.address, deviceId: deviceIdOf('ams', 'gpu-0') };
  await chain.send([program.stake({ ...own, source, amount: 400n * io })], [supplier]);
  await chain.send([program.stake({ ...own, source, amount: 100n * io })], [supplier]);
  const from = await chain.fund(stranger.address, 'IO', 300n * io);
  const strange = { owner: stranger.address, deviceId: deviceIdOf('ams', 'gpu-1') };
  await chain.send([program.stake({ ...strange, source: from, amount: 300n * io })], [stranger]);
  const slasher = roles.slasher.address;
  const evidenceHash = new Uint8Array(32).fill(1);
  const cases = ['one', 'two', 'three'].map((name) => caseIdOf(`ams/${name}`, name));
  const [reversed = own.deviceId, upheld = own.deviceId, burnt = own.deviceId] = cases;
  for (const caseId of cases) {
    const opened = { ...own, caseId, slasher, evidenceHash, amount: 50n * io };
    await chain.send([program.openCase(opened)], [roles.slasher]);
  }
  const appealHash = new Uint8Array(32).fill(2);
  const resolver = roles.adjudicator.address;
  for (const [caseId, outcome] of [
    [reversed, 'Reversed'],
    [upheld, 'Upheld'],
  ] as const) {
    await chain.send([program.appeal({ ...own, caseId, appealHash })], [supplier]);
    await chain.send([program.resolve({ ...own, caseId, resolver, outcome })], [roles.adjudicator]);
  }
  await chain.send([program.requestUnstake(strange)], [stranger]);
  await chain.warp(31 * daySeconds);
  await chain.send([program.withdraw({ ...strange, destination: from })], [stranger]);
  await chain.send([program.finalizeBurn({ ...own, caseId: burnt })], [roles.slasher]);
}

async function claim(chain: TestChain): Promise<void> {
  const { program, roles, deployment } = chain;
  const supplier = await chain.wallet('supplier');
  const funder = await chain.wallet('funder');
  const source = await chain.fund(funder.address, 'IO', 90n * io);
  const fund = { funder: funder.address, source, amount: 90n * io };
  await chain.send([program.fundRewards(fund)], [funder]);
  const total = 60n * io;
  const leaf = leafHashes(
    {
      programId: base58Decode(deployment.programId),
      distributor: base58Decode(program.addresses.distributor),
      mint: base58Decode(deployment.ioMint),
    },
    { wallets: base58Decode(supplier.address), totals: BigUint64Array.of(total) },
    (bytes) => createHash('sha256').update(bytes).digest(),
  );
  const root = { epoch: 1, root: leaf, total, leafCount: 1, depth: depthOf(1) };
  const publisher = roles.publisher.address;
  await chain.send([program.publishRoot({ ...root, publisher })], [roles.publisher]);
  await chain.warp(3_600);
  const destination = await chain.fund(supplier.address, 'IO', 1n);
  const claimed = { payer: supplier.address, wallet: supplier.address, destination };
  await chain.send([program.claim({ ...claimed, total, index: 0, proof: [] })], [supplier]);
}

async function payOut(chain: TestChain): Promise<void> {
  const { program, roles } = chain;
  const payee = await chain.wallet('payee');
  const destination = await chain.fund(payee.address, 'USDC', 1n);
  const digest = createHash('sha256').update('a payment').digest();
  const operationId = operationIdOf(await chain.nowSeconds(), digest);
  const payments = [{ destination, amount: 30n * usdc }];
  const treasurer = roles.treasurer.address;
  await chain.send(
    [program.payOut({ asset: 'USDC', treasurer, operationId, payments })],
    [roles.treasurer],
  );
}
