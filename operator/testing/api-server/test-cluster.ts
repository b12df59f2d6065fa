import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import {
  attachControlPlane,
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../../hack/federation/control-plane.ts';
import { KubeApi } from '../../../hack/federation/kube-api.ts';
import { ownedRunDirectory } from '../../../hack/federation/run-directory.ts';
import { ensureTools } from '../../../hack/federation/toolchain.ts';
import { controlPlaneTools } from '../../../hack/federation/tools.ts';
import { silentProgress } from '../../../hack/federation/progress.ts';
import { eventually } from '../eventually.ts';
import { generatedCrdFiles, TEST_CLUSTER_VARIABLE } from './global-setup.ts';

/** A real API server for tests, with the generated CRDs applied. */
export type TestCluster = {
  readonly adminKubeconfigPath: string;
  /** The administrator's kubeconfig, loaded. */
  readonly kubeConfig: KubeConfig;
  /**
   * Creates a namespace that no other test has, and returns its name once Kubernetes has put its
   * own objects there: one that appears later is a surprise to a test that counts changes.
   */
  uniqueNamespace(prefix?: string): Promise<string>;
  /** Writes a kubeconfig with a client certificate for another user, and returns its path. */
  kubeconfigPathFor(user: string, groups?: readonly string[]): string;
  /** The same, loaded. */
  kubeConfigFor(user: string, groups?: readonly string[]): KubeConfig;
};

/** A cluster of one test file alone, which may be disturbed. */
export type PrivateCluster = TestCluster & {
  readonly controlPlane: ControlPlane;
  /** Stops kube-apiserver in order; clients see refused connections until it is started again. */
  stopApiServer(): Promise<void>;
  /** Ends kube-apiserver with SIGKILL. */
  killApiServer(): Promise<void>;
  /** Starts kube-apiserver on the same port and data; returns when it is ready. */
  startApiServer(): Promise<void>;
  /** Ends the cluster and removes its files. Call it in `afterAll`. */
  stop(): Promise<void>;
};

/**
 * The cluster that jest's global setup started for all integration tests. Keep to namespaces of
 * your own and leave its processes alone: other files use it at the same time.
 */
export function testCluster(): TestCluster {
  const directory = process.env[TEST_CLUSTER_VARIABLE];
  if (directory === undefined) {
    throw new Error('no shared cluster: name the file x.integration.test.ts and run it with jest');
  }
  return testClusterOf(attachControlPlane(directory), true);
}

/** Starts a cluster for one test file, in about four seconds: for tests that stop its API server. */
export async function startPrivateControlPlane(
  options: Partial<Omit<ControlPlaneOptions, 'directory'>> = {},
): Promise<PrivateCluster> {
  await ensureTools(controlPlaneTools, silentProgress);
  const { name = 'private', ...rest } = options;
  const directory = join(await privateRoot(), `${name}-${randomBytes(4).toString('hex')}`);
  const controlPlane = await startControlPlane({ name, directory, ...rest });
  const api = new KubeApi(controlPlane.adminKubeconfigPath);
  try {
    await api.applyFiles(generatedCrdFiles());
  } finally {
    await api.close();
  }
  return {
    ...testClusterOf(controlPlane, rest.controllerManager !== false),
    controlPlane,
    stopApiServer: () => controlPlane.stopComponent('kube-apiserver'),
    killApiServer: () => controlPlane.killComponent('kube-apiserver'),
    startApiServer: () => controlPlane.startComponent('kube-apiserver'),
    stop: () => controlPlane.stop(),
  };
}

/** Beside the shared cluster, so that global teardown removes it even when a test file crashed. */
async function privateRoot(): Promise<string> {
  const shared = process.env[TEST_CLUSTER_VARIABLE];
  return shared === undefined ? ownedRunDirectory('test') : dirname(shared);
}

function testClusterOf(controlPlane: ControlPlane, controllerManager: boolean): TestCluster {
  const { adminKubeconfigPath } = controlPlane;
  const kubeconfigPathFor = (user: string, groups: readonly string[] = []): string =>
    controlPlane.issueKubeconfig({ commonName: user, organizations: groups });
  return {
    adminKubeconfigPath,
    kubeConfig: loadKubeConfig(adminKubeconfigPath),
    uniqueNamespace: (prefix = 'test') =>
      createNamespace(adminKubeconfigPath, prefix, controllerManager),
    kubeconfigPathFor,
    kubeConfigFor: (user, groups) => loadKubeConfig(kubeconfigPathFor(user, groups)),
  };
}

function loadKubeConfig(path: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(path);
  return kubeConfig;
}

async function createNamespace(
  kubeconfigPath: string,
  prefix: string,
  controllerManager: boolean,
): Promise<string> {
  const name = `${prefix}-${randomBytes(5).toString('hex')}`;
  const api = new KubeApi(kubeconfigPath);
  try {
    await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (controllerManager) {
      const rootCa = `/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`;
      const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
      await eventually(
        async () => {
          expect(await api.get(rootCa)).toBeDefined();
          expect(await api.get(account)).toBeDefined();
        },
        { withinMs: 30_000 },
      );
    }
  } finally {
    await api.close();
  }
  return name;
}
