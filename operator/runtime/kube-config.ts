import { KubeConfig } from '@kubernetes/client-node';
import { messageOf } from './logger.ts';

/**
 * The cluster and credentials of a kubeconfig file or, without a path, of the pod's service
 * account or the user's own kubeconfig. Throws with the path and what is wrong with it.
 */
export function loadKubeConfig(path?: string): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) {
    config.loadFromDefault();
    return config;
  }
  try {
    config.loadFromFile(path);
  } catch (error) {
    throw new Error(`kubeconfig ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(`kubeconfig ${path}: current-context names no cluster of this file`);
  }
  return config;
}
