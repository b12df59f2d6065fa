import { join } from 'node:path';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../operator/adapters/postgres/database.ts';
import { migrate } from '../../../operator/adapters/postgres/migrate.ts';
import {
  ensureGroups,
  ensureLogin,
  writerGroup,
} from '../../../operator/adapters/postgres/roles.ts';
import { createUsageIntake } from '../../../operator/adapters/postgres/usage-intake.ts';
import { startDatabaseServer, urlFor } from '../../federation/database.ts';
import { ownedRunDirectory } from '../../federation/run-directory.ts';
import { type BenchContext, scaled } from '../bench.ts';
import { quantile } from '../statistics.ts';
import { devicesPerMember, fill, intakeBytes } from './fixture.ts';
import { Agents } from './minute.ts';

const MEMBERS = 1_000;
/** As many as `io-operator api` opens. */
const CONNECTIONS = 16;
const START_SECONDS = 1_793_491_200;
const MEASURED_MINUTES = 5;
/** A restart is two changes: 1 % of the devices change in a minute. */
const BUSY_SHARE = 0.005;
const GROWTH_MINUTES = 20;
/** A worker runs twelve hours on average: that is the steady state. */
const RUN_MINUTES = 12 * 60;
const IDLE_REPORTS = 11;
const MIB = 1024 ** 2;

/** How long a minute's worth of usage and heartbeats takes to be stored, and what it leaves. */
export async function intake(context: BenchContext): Promise<void> {
  const members = scaled(context, MEMBERS);
  await withStore(async ({ owner, writer }) => {
    context.say(`${members} members with ${devicesPerMember} devices each`);
    await fill(owner, members, START_SECONDS);
    const agents = new Agents(createUsageIntake(writer), members, START_SECONDS);
    await agents.begin();
    await measureTime(context, agents, members);
    await measureGrowth(context, agents, members, owner);
  });
}

async function measureTime(context: BenchContext, agents: Agents, members: number): Promise<void> {
  const devices = members * devicesPerMember;
  const restarts = Math.round(devices * BUSY_SHARE);
  context.say(`${MEASURED_MINUTES} minutes with ${2 * restarts} changes each`);
  const times: number[] = [];
  for (let n = 0; n < MEASURED_MINUTES; n += 1) times.push(await agents.minute(restarts));
  const idle = await agents.idle(IDLE_REPORTS);
  context.figures.add({
    name: 'intake_600k_devices_s',
    value: quantile(times, 0.5),
    unit: 's',
    n: devices,
    note:
      `one minute: ${members} heartbeats of ${devicesPerMember} devices and ${members} reports ` +
      `with ${2 * restarts} changes, through the store (no HTTP), ${CONNECTIONS} connections, each ` +
      `commit synced; median of ${MEASURED_MINUTES}, slowest ${Math.max(...times).toFixed(2)} s; ` +
      `the ${IDLE_REPORTS * members} reports without changes of that minute take ${idle.toFixed(2)} s more`,
  });
}

async function measureGrowth(
  context: BenchContext,
  agents: Agents,
  members: number,
  owner: Database,
): Promise<void> {
  const devices = members * devicesPerMember;
  const restarts = Math.round(devices / RUN_MINUTES);
  context.say(`growth of ${GROWTH_MINUTES} minutes with ${restarts} restarts each`);
  const growth = async (minutes: number, count: number): Promise<number> => {
    await agents.minute(count);
    await sql.raw('vacuum').execute(owner);
    const before = await intakeBytes(owner);
    for (let n = 0; n < minutes; n += 1) await agents.minute(count);
    return (((await intakeBytes(owner)) - before) * 60) / minutes / MIB;
  };
  const steady = await growth(GROWTH_MINUTES, restarts);
  const quiet = await growth(GROWTH_MINUTES, 0);
  context.figures.add({
    name: 'intake_growth_mib_per_h',
    value: steady,
    unit: 'MiB/h',
    n: devices,
    note:
      `from ${GROWTH_MINUTES} minutes, tables and indexes of usage and heartbeats; every device is ` +
      `used, a worker runs 12 h on average (${2 * restarts} changes a minute); heartbeats alone ` +
      `${quiet.toFixed(1)} MiB/h, so a restart leaves ` +
      `${(((steady - quiet) * MIB) / 60 / restarts).toFixed(0)} bytes`,
  });
}

/** A server of its own, with its settings as they come, and the logins that processes use. */
async function withStore(
  work: (store: { owner: Database; writer: Database }) => Promise<void>,
): Promise<void> {
  const directory = await ownedRunDirectory('bench');
  const server = await startDatabaseServer(join(directory, 'postgres'));
  const name = `io_bench_intake_${process.pid}`;
  const login = { name: 'io_bench_writer', password: 'of-a-bench', group: writerGroup };
  const connect = (url: string, maxConnections: number): Database =>
    openDatabase(url, { applicationName: 'bench', maxConnections, statementTimeoutMs: 600_000 });
  const admin = connect(server.adminUrl, 1);
  try {
    await ensureGroups(admin);
    await ensureLogin(admin, login);
    await sql`create database ${sql.id(name)}`.execute(admin);
    const owner = connect(urlFor(server.adminUrl, { database: name }), 1);
    const { password } = login;
    const url = urlFor(server.adminUrl, { database: name, user: login.name, password });
    const writer = connect(url, CONNECTIONS);
    try {
      await migrate(owner, { genesisSeconds: START_SECONDS });
      await work({ owner, writer });
    } finally {
      await Promise.all([owner.destroy(), writer.destroy()]);
    }
    await sql`drop database ${sql.id(name)}`.execute(admin);
  } finally {
    await admin.destroy();
    await server.stop();
  }
}
