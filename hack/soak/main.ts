import { parseArgs } from 'node:util';
import { startFederation } from '../federation/index.ts';
import { startOperator } from '../federation/operator.ts';
import { ownedRunDirectory } from '../federation/run-directory.ts';
import { runMain, UserError } from '../federation/user-error.ts';
import { World } from '../federation/world.ts';
import { soak } from './soak.ts';
import { keepEvidence } from './evidence.ts';

/** Another hub takes over within seconds, so that kills do not merely wait. */
const shortLeases = ['--leader-election-lease-seconds=5'];

/**
 * `make soak [KILLS=1000] [MINUTES=30] [SEED=1]`: ends with `N passed, N failed`. `--evidence DIR`:
 * logs, spools and the ledger's tables are left there when something is wrong.
 */
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '1000' },
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      evidence: { type: 'string' },
    },
  });
  const number = (name: keyof typeof values): number => {
    const value = Number(values[name]);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new UserError(`--${name} takes a number, not ${values[name]}.`);
  };
  const [kills, minutes, seed] = [number('kills'), number('minutes'), number('seed')];
  const federation = await startFederation({ runDirectory: await ownedRunDirectory('soak') });
  try {
    const world = new World(
      federation,
      await startOperator(federation, { money: true, hubs: 2, hubArgs: shortLeases }),
    );
    const report = await soak(world, {
      seed,
      kills,
      withinMs: minutes * 60_000,
      say: (text) => process.stderr.write(`soak: ${text}\n`),
    });
    const { faults } = report;
    if (faults.length > 0 && values.evidence !== undefined) {
      await keepEvidence(world, values.evidence);
    }
    await world.close();
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    for (const fault of faults) process.stdout.write(`✗ ${fault}\n`);
    process.stdout.write(`${faults.length === 0 ? 1 : 0} passed, ${faults.length} failed\n`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await federation.stop();
  }
});
