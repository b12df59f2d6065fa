import { parseArgs } from 'node:util';
import { removeCluster } from '../federation/control-plane.ts';
import { defaultMembers, realMember } from '../federation/member-profiles.ts';
import { type Federation, federationTools, startFederation } from '../federation/index.ts';
import { type Operator, startOperator } from '../federation/operator.ts';
import { runDirectoryOf } from '../federation/paths.ts';
import { createProgress } from '../federation/progress.ts';
import { prepareRealNode } from '../node/real-node.ts';
import { whyNoRealNode } from '../node/system.ts';
import { ensure } from '../images/cached.ts';
import { rayImage } from '../images/recipes.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { ensureTools } from '../federation/toolchain.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { World } from '../federation/world.ts';
import { buildProgram } from '../solana/program.ts';
import { checks } from './checks.ts';
import { example, journey } from './journey.ts';
import { deniedMember } from './joining.ts';
import { logTails } from './log-tails.ts';
import { showSettlement, tamper } from './money.ts';
import { endStakes } from './settlement.ts';
import { scrape, SCRAPED_WITHIN_S } from './metrics.ts';
import { lookAtConsole, personFor } from './console.ts';
import { runRealJob } from './real-job.ts';
import { Stages } from './stages.ts';
import { whatToTry } from './what-to-try.ts';

/** Without builds: they come before. */
const CLUSTERS_WITHIN_S = 300;
const OPERATOR_WITHIN_S = 120;
const STOPPED_WITHIN_S = 60;
const INTERRUPTED = 130;

/** What runs so far. */
type Started = { federation?: Federation; operator?: Operator };

/** `make demo` and, with --check, its unattended form. */
await runMain(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const started: Started = {};
  const stages = new Stages({
    stream: process.stdout,
    now: () => performance.now(),
    onFailure: () => (started.operator === undefined ? [] : logTails(started.operator)),
  });
  await ensureTools(federationTools(), createProgress());
  await buildProgram(createProgress());
  if (whyNoRealNode() === undefined) {
    await prepareRealNode(createProgress());
    await ensure(rayImage, createProgress());
  }
  await (values.check ? unattended(stages, started) : attended(stages, started));
});

/** Leaves everything running for the person at the terminal. */
async function attended(stages: Stages, started: Started): Promise<void> {
  const world = await up(stages, started, runDirectoryOf('demo'));
  let member = '';
  let person = '';
  if (world !== undefined) {
    await journey(world, stages);
    await runRealJob(world, stages);
    await showSettlement(world, stages);
    await endStakes(world, stages);
    await stages.run('metrics of hub and agents', SCRAPED_WITHIN_S, () => scrape(world, false));
    member = (await world.cluster(example.namespace, example.name))?.status?.lease?.member ?? '';
    person = await personFor(world);
    await world.close();
  }
  if (stages.failed > 0) {
    const what = `${stages.failed} of ${stages.passed + stages.failed} stages failed`;
    throw new UserError(
      `${what}. What was started still runs, to be looked at: make down ends it.`,
    );
  }
  const { federation, operator } = started as Required<Started>;
  stages.note(whatToTry(federation, operator, { member, person }));
}

/** Every stage is a check, and nothing stays. */
async function unattended(stages: Stages, started: Started): Promise<void> {
  const runDirectory = await ownedRunDirectory('check');
  const abandon = async (): Promise<never> => {
    stages.note('interrupted: tearing down');
    await removeCluster(runDirectory);
    // What was being started at that moment.
    await removeCluster(runDirectory);
    process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void abandon());
  const world = await up(stages, started, runDirectory);
  if (world !== undefined) {
    await journey(world, stages);
    await runRealJob(world, stages);
    await showSettlement(world, stages);
    await endStakes(world, stages);
    await lookAtConsole(world, stages);
    await checks(world, stages);
    await tamper(world, stages);
    await world.close();
  }
  await stages.run('torn down', STOPPED_WITHIN_S, async () => started.federation?.stop());
  stages.note(`${stages.passed} passed, ${stages.failed} failed`);
  if (stages.failed > 0) process.exitCode = 1;
}

/** Where one can be had, a member whose pods run is there too. */
function profiles() {
  return whyNoRealNode() === undefined ? [...defaultMembers, realMember] : defaultMembers;
}

/** Clusters, then the product on them; undefined when one of both failed. */
async function up(
  stages: Stages,
  started: Started,
  runDirectory: string,
): Promise<World | undefined> {
  const quiet = { live: false };
  const hasClusters = await stages.run(
    'hub and members are up',
    CLUSTERS_WITHIN_S,
    async () => {
      started.federation = await startFederation({ runDirectory, members: profiles() });
      return serversOf(started.federation);
    },
    quiet,
  );
  const { federation } = started;
  if (!hasClusters || federation === undefined) return undefined;
  const hasOperator = await stages.run(
    'io-operator runs: PostgreSQL, a Solana chain, api with console, hub and agents',
    OPERATOR_WITHIN_S,
    async () => {
      started.operator = await startOperator(federation, {
        ...{ money: true, settlement: true, console: true },
        denied: [deniedMember],
      });
    },
    quiet,
  );
  if (!hasOperator || started.operator === undefined) return undefined;
  return new World(federation, started.operator);
}

function serversOf({ hub, members }: Federation): readonly string[] {
  const planes = [hub, ...members.map(({ controlPlane }) => controlPlane)];
  return planes.map(({ name, server }) => `${name.padEnd(13)} ${server}`);
}
