import { dirname } from 'node:path';
import { removeCluster } from '../../../hack/federation/control-plane.ts';
import { TEST_CLUSTER_VARIABLE } from './global-setup.ts';

/** Jest calls it once, after all test files: removes the shared cluster and every private one. */
export default async function stopSharedCluster(): Promise<void> {
  const directory = process.env[TEST_CLUSTER_VARIABLE];
  if (directory !== undefined) await removeCluster(dirname(directory));
}
