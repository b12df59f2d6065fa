import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import { type Federation, startFederation } from '../../hack/federation/index.ts';
import {
  defaultMembers,
  gpuKinds,
  type MemberProfile,
} from '../../hack/federation/member-profiles.ts';
import { startOperator } from '../../hack/federation/operator.ts';
import { silentProgress } from '../../hack/federation/progress.ts';
import { ownedRunDirectory } from '../../hack/federation/run-directory.ts';
import { World } from '../../hack/federation/world.ts';
import { removeAll } from './harness.ts';
import { accessScenarios } from './scenarios/access.ts';
import { crashScenarios } from './scenarios/crashes.ts';
import { driftScenarios } from './scenarios/drift.ts';
import { exampleScenarios } from './scenarios/examples.ts';
import { healthScenarios } from './scenarios/health.ts';
import { journeyScenarios } from './scenarios/journey.ts';
import { lifecycleScenarios } from './scenarios/lifecycle.ts';
import { outageScenarios } from './scenarios/outages.ts';
import { refusalScenarios } from './scenarios/refusals.ts';

const BUILD_AND_START_MS = 1_800_000;
const CLEAN_UP_MS = 120_000;
/** Each wait has its own, shorter deadline and says what it waited for. */
const TEST_MS = 240_000;

jest.setTimeout(TEST_MS);

/** Short times, so that what is lost is noticed within a test; two hubs, so that one can take over. */
const operatorOptions = {
  hubs: 2,
  hubArgs: ['--leader-election-lease-seconds=5', '--member-lost-seconds=10'],
  agentArgs: ['--heartbeat-seconds=2', '--health-seconds=1'],
  progress: silentProgress,
};

/** Ashburn also has GPUs that no table knows. */
const members: readonly MemberProfile[] = defaultMembers.map((profile) => {
  if (profile.name !== 'ashburn-1') return profile;
  const { ada } = gpuKinds;
  const unknown = { ...ada, name: 'odd', product: 'NVIDIA-Q9000-96GB', nodes: 1, gpusPerNode: 2 };
  return { ...profile, gpuPools: [...profile.gpuPools, unknown] };
});

describe('a hub, three members and the product on them', () => {
  let federation: Federation | undefined;
  let started: World | undefined;
  const world = (): World => {
    if (started === undefined) throw new Error('the federation did not start');
    return started;
  };

  beforeAll(async () => {
    const runDirectory = await ownedRunDirectory('spine');
    federation = await startFederation({ members, runDirectory, progress: silentProgress });
    started = new World(federation, await startOperator(federation, operatorOptions));
  }, BUILD_AND_START_MS);

  afterEach(() => removeAll(world()), CLEAN_UP_MS);

  afterAll(async () => {
    await started?.close();
    await federation?.stop();
  }, CLEAN_UP_MS);

  journeyScenarios(world);
  exampleScenarios(world);
  refusalScenarios(world);
  lifecycleScenarios(world);
  driftScenarios(world);
  healthScenarios(world);
  accessScenarios(world);
  crashScenarios(world);
  outageScenarios(world);
});
