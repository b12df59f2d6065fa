import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import {
  classBytes,
  type MemberReward,
  type RewardHeader,
  rewardLines,
  rosterText,
} from '../../domain/rewards/digest.ts';
import type { ClassifiedMember, RewardedClass } from '../../domain/rewards/types.ts';
import type { RewardReport } from '../../ports/reward-ledger.ts';
import { sha256 } from '../../runtime/sha256.ts';
import type { Database } from './database.ts';

/** A member's rewards as they are stored. */
export type RewardedMember = MemberReward &
  Readonly<{ devices: readonly string[]; classes: Uint8Array }>;

/** Hex sha256 of all that an epoch's rewards were computed from and came to. */
export function rewardDigest(
  header: RewardHeader,
  classes: readonly RewardedClass[],
  members: readonly MemberReward[],
): string {
  const hash = createHash('sha256');
  for (const line of rewardLines(header, classes, members)) hash.update(line);
  return hash.digest('hex');
}

/** A member's rewards with the hashes that go into the digest. */
export function rewardedMember(member: ClassifiedMember, amount: bigint): RewardedMember {
  const classes = classBytes(member.classes);
  return {
    member: member.member,
    supplier: member.supplier,
    devices: member.devices,
    classes,
    rosterHash: sha256(rosterText(member.devices)),
    classesHash: sha256(classes),
    amount,
  };
}

/** The report of an epoch whose rewards were distributed before. */
export async function storedReport(
  database: Database,
  epoch: number,
): Promise<RewardReport | undefined> {
  const { rows } = await sql<Omit<RewardReport, 'distributed'>>`
    select epoch, emitted, undistributed, devices, eligible, encode(digest, 'hex') as digest
    from io.reward_epochs where epoch = ${epoch}`.execute(database);
  return rows[0] === undefined ? undefined : { ...rows[0], distributed: false };
}

/** Writes down what an epoch's rewards were computed from and came to. */
export async function storeRewards(
  database: Database,
  header: RewardHeader,
  rules: string,
  digest: string,
  posting: Readonly<{ epoch: number; nowSeconds: number }>,
  classes: readonly RewardedClass[],
  members: readonly RewardedMember[],
): Promise<void> {
  const { epoch, rulesHash, emitted, undistributed, devices, eligible } = header;
  const hash = Buffer.from(rulesHash, 'hex');
  await sql`insert into io.reward_rules (rules_hash, content) values (${hash}, ${rules})
    on conflict do nothing`.execute(database);
  await sql`insert into io.reward_epochs
      (epoch, rules_hash, distributed_at_s, posted_epoch, emitted, undistributed, devices, eligible,
        digest)
    values (${epoch}, ${hash}, ${posting.nowSeconds}, ${posting.epoch}, ${emitted},
      ${undistributed}, ${devices}, ${eligible}, ${Buffer.from(digest, 'hex')})`.execute(database);
  await storeClasses(database, epoch, classes);
  await storeRosters(database, members);
  await storeMembers(database, epoch, members);
}

async function storeClasses(
  database: Database,
  epoch: number,
  classes: readonly RewardedClass[],
): Promise<void> {
  await sql`insert into io.reward_classes
    select ${epoch}::integer, * from unnest(
      ${classes.map((_, number) => number)}::integer[],
      ${classes.map(({ model }) => model)}::text[],
      ${classes.map(({ sevenths }) => sevenths)}::smallint[],
      ${classes.map(({ upMinutes }) => upMinutes)}::smallint[],
      ${classes.map(({ flags }) => flags)}::smallint[],
      ${classes.map(({ multiplierMilli }) => multiplierMilli)}::integer[],
      ${classes.map(({ devices }) => devices)}::integer[],
      ${classes.map(({ score }) => score)}::bigint[],
      ${classes.map(({ amount }) => amount)}::bigint[])`.execute(database);
}

async function storeRosters(database: Database, members: readonly RewardedMember[]): Promise<void> {
  const byHash = new Map(members.map((each) => [each.rosterHash, each.devices]));
  const hashes = [...byHash.keys()].map((hash) => Buffer.from(hash, 'hex'));
  const { rows } = await sql<{ hash: string }>`
    select encode(roster_hash, 'hex') as hash from io.reward_rosters
    where roster_hash = any(${hashes}::bytea[])`.execute(database);
  for (const { hash } of rows) byHash.delete(hash);
  for (const [hash, devices] of byHash) {
    await sql`insert into io.reward_rosters (roster_hash, devices)
      values (${Buffer.from(hash, 'hex')}, ${[...devices]}::text[])
      on conflict do nothing`.execute(database);
  }
}

async function storeMembers(
  database: Database,
  epoch: number,
  members: readonly RewardedMember[],
): Promise<void> {
  await sql`insert into io.reward_members
    select ${epoch}::integer, m.member, m.supplier, r.reward_roster_no, m.classes, m.amount
    from unnest(
      ${members.map(({ member }) => member)}::text[],
      ${members.map(({ supplier }) => supplier)}::text[],
      ${members.map(({ rosterHash }) => Buffer.from(rosterHash, 'hex'))}::bytea[],
      ${members.map(({ classes }) => Buffer.from(classes))}::bytea[],
      ${members.map(({ amount }) => amount)}::bigint[]
    ) as m (member, supplier, roster_hash, classes, amount)
    join io.reward_rosters r using (roster_hash)`.execute(database);
}
