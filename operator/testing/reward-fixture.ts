import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../adapters/postgres/database.ts';
import { createWallets } from '../adapters/postgres/wallets.ts';
import { epochEnd } from '../domain/epoch.ts';
import { accountResource, signInText } from '../domain/settlement/sign-in.ts';
import type { Signer } from '../ports/signer.ts';
import { base58Encode } from '../settlement/base58.ts';
import { testGenesisSeconds } from './postgres.ts';

/** 32 bytes that stand for a wallet whose key nobody has. */
export function walletKey(name: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(name).digest());
}

/** The address of `walletKey`. */
export const addressNamed = (name: string): string => base58Encode(walletKey(name));

/** Writes down that an account proved a wallet; the signature is none. */
export async function bindWallet(
  database: Database,
  account: string,
  publicKey: Uint8Array,
): Promise<number> {
  const key = Buffer.from(publicKey);
  const { rows } = await sql<{ since: number }>`
    select io.bind_wallet(${account}, ${base58Encode(publicKey)}, ${key}, 'test',
      ${Buffer.alloc(64)}, 0) as since`.execute(database);
  return rows[0]?.since ?? 0;
}

/** Writes down a wallet of an account with a signature of it, as the api does. */
export async function proveWallet(
  database: Database,
  account: string,
  wallet: Signer,
): Promise<void> {
  const message = signInText({
    domain: 'api.example.com',
    address: wallet.address,
    statement: `Use this wallet for the IOAccount ${account}.`,
    uri: 'https://api.example.com/',
    chainId: 'localnet',
    nonce: 'abcdefgh',
    issuedAtSeconds: testGenesisSeconds,
    expiresAtSeconds: testGenesisSeconds + 300,
    resources: [accountResource(account)],
  });
  const signature = Buffer.from(await wallet.sign(Buffer.from(message))).toString('base64');
  const proof = { account, wallet: wallet.address, message, signature };
  await createWallets(database).record(proof, testGenesisSeconds);
}

/** Closes an epoch and writes down what suppliers got for it, as the owner of the database. */
export async function rewardEpoch(
  owner: Database,
  epoch: number,
  amounts: Readonly<Record<string, bigint>>,
): Promise<void> {
  const nowSeconds = epochEnd(epoch, testGenesisSeconds) + 120;
  const zero = Buffer.alloc(32);
  const rules = createHash('sha256').update('{}').digest();
  const emitted = Object.values(amounts).reduce((sum, amount) => sum + amount, 0n);
  await sql`insert into io.epochs (epoch, closed_at_s, leases, corrections, shortfalls, digest, chain)
    values (${epoch}, ${nowSeconds}, 0, 0, 0, ${zero}, ${zero}) on conflict do nothing`.execute(
    owner,
  );
  await sql`insert into io.reward_rules (rules_hash, content) values (${rules}, '{}')
    on conflict do nothing`.execute(owner);
  await sql`insert into io.reward_rosters (roster_hash, devices) values (${zero}, '{}')
    on conflict do nothing`.execute(owner);
  await sql`insert into io.reward_epochs (epoch, rules_hash, distributed_at_s, posted_epoch, emitted,
      undistributed, devices, eligible, digest)
    values (${epoch}, ${rules}, ${nowSeconds}, ${epoch + 1}, ${emitted}, 0, 0, 0, ${zero})`.execute(
    owner,
  );
  await sql`insert into io.reward_members (epoch, member, supplier, reward_roster_no, classes, amount)
    select ${epoch}::integer, s.supplier, s.supplier, (select min(reward_roster_no) from io.reward_rosters),
      ''::bytea, s.amount
    from unnest(${Object.keys(amounts)}::text[], ${Object.values(amounts)}::bigint[])
      as s (supplier, amount)`.execute(owner);
}
