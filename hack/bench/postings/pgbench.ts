import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { openDatabase } from '../../../operator/adapters/postgres/database.ts';

const run = promisify(execFile);

const SCALE = 50;
const THREADS = 2;
const ACCOUNTS_PER_BRANCH = 100_000;
const TELLERS_PER_BRANCH = 10;

/** The program, or its transaction sent by us where it is not installed. */
export type Pgbench = Readonly<{ program: string | undefined; note: string }>;

/** Fills pgbench's tables. */
export async function preparePgbench(url: string, writers: number): Promise<Pgbench> {
  const program = findPgbench();
  if (program === undefined) {
    await fill(url);
    return {
      program,
      note:
        `TPC-B-like, scale ${SCALE}, the seven statements of pgbench sent through pg, since ` +
        `pgbench is not installed`,
    };
  }
  await run(program, ['--initialize', '--quiet', `--scale=${SCALE}`, url]);
  const { stdout } = await run(program, ['--version']);
  const options = `-c ${writers} -j ${THREADS}`;
  return {
    program,
    note: `${stdout.trim()}, its default TPC-B-like script, scale ${SCALE}, ${options}`,
  };
}

/** Returns transactions per second. */
export async function pgbench(
  url: string,
  { program }: Pgbench,
  writers: number,
  seconds: number,
): Promise<number> {
  if (program === undefined) return sendTransactions(url, writers, seconds);
  const options = ['--no-vacuum', `--client=${writers}`, `--jobs=${THREADS}`, `--time=${seconds}`];
  const { stdout } = await run(program, [...options, url]);
  const [, tps] = /tps = ([0-9.]+)/.exec(stdout) ?? [];
  if (tps === undefined) throw new Error(`pgbench told no tps: ${stdout}`);
  return Number(tps);
}

function findPgbench(): string | undefined {
  const distribution = '/usr/lib/postgresql';
  const versions = existsSync(distribution) ? readdirSync(distribution) : [];
  const directories = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(distribution, version, 'bin')),
  ];
  return directories.map((directory) => join(directory, 'pgbench')).find(existsSync);
}

async function fill(url: string): Promise<void> {
  const database = openDatabase(url, { applicationName: 'bench', statementTimeoutMs: 600_000 });
  await sql
    .raw(`
      create table pgbench_branches (bid int primary key, bbalance int) with (fillfactor = 100);
      create table pgbench_tellers (tid int primary key, bid int, tbalance int);
      create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84));
      create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp);
      insert into pgbench_branches select n, 0 from generate_series(1, ${SCALE}) n;
      insert into pgbench_tellers select n, (n - 1) / ${TELLERS_PER_BRANCH} + 1, 0
        from generate_series(1, ${SCALE * TELLERS_PER_BRANCH}) n;
      insert into pgbench_accounts select n, (n - 1) / ${ACCOUNTS_PER_BRANCH} + 1, 0, ''
        from generate_series(1, ${SCALE * ACCOUNTS_PER_BRANCH}) n`)
    .execute(database);
  await database.destroy();
}

async function sendTransactions(url: string, writers: number, seconds: number): Promise<number> {
  const database = openDatabase(url, { applicationName: 'bench', maxConnections: writers });
  const start = performance.now();
  let done = 0;
  const write = async (): Promise<void> => {
    while (performance.now() < start + seconds * 1_000) {
      const teller = 1 + Math.floor(Math.random() * SCALE * TELLERS_PER_BRANCH);
      const branch = 1 + Math.floor(Math.random() * SCALE);
      const account = 1 + Math.floor(Math.random() * SCALE * ACCOUNTS_PER_BRANCH);
      const delta = Math.floor(Math.random() * 10_001) - 5_000;
      await database.transaction().execute(async (transaction) => {
        for (const statement of [
          `update pgbench_accounts set abalance = abalance + ${delta} where aid = ${account}`,
          `select abalance from pgbench_accounts where aid = ${account}`,
          `update pgbench_tellers set tbalance = tbalance + ${delta} where tid = ${teller}`,
          `update pgbench_branches set bbalance = bbalance + ${delta} where bid = ${branch}`,
          `insert into pgbench_history values (${teller}, ${branch}, ${account}, ${delta}, now())`,
        ]) {
          await sql.raw(statement).execute(transaction);
        }
      });
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  const took = (performance.now() - start) / 1_000;
  await database.destroy();
  return done / took;
}
