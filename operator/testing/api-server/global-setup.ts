import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startControlPlane } from '../../../hack/federation/control-plane.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';
import { createProgress } from '../../../hack/federation/progress.ts';
import { ownedRunDirectory } from '../../../hack/federation/run-directory.ts';
import { ensureTools } from '../../../hack/federation/toolchain.ts';
import { controlPlaneTools } from '../../../hack/federation/tools.ts';
import { startSharedDatabase } from '../postgres.ts';

/** The variable by which the workers find the cluster that all test files share. */
export const TEST_CLUSTER_VARIABLE = 'IO_OPERATOR_TEST_CLUSTER';

/** The generated CRDs of this checkout, none before the first `make generate`. */
export function generatedCrdFiles(): string[] {
  const folder = join(checkoutDirectory, 'crds/generated');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => join(folder, file));
}

/** Jest calls it once, before all test files: a control plane with our CRDs, and PostgreSQL. */
export default async function startSharedCluster(): Promise<void> {
  const progress = createProgress();
  try {
    await ensureTools(controlPlaneTools, progress);
    const runDirectory = await ownedRunDirectory('test');
    await startSharedDatabase(runDirectory);
    const directory = join(runDirectory, 'shared');
    process.env[TEST_CLUSTER_VARIABLE] = directory;
    const plane = await startControlPlane({ name: 'test', directory });
    const api = new KubeApi(plane.adminKubeconfigPath);
    try {
      await api.applyFiles(generatedCrdFiles());
    } finally {
      await api.close();
    }
  } finally {
    progress.close();
  }
}
