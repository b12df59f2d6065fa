import type { IOPlacement } from '../../crds/schema/index.ts';
import { type PolicyConfigMap, policyResource, PolicyWatch } from '../agent/policy/index.ts';
import type { AgentConfig } from '../config.ts';
import type { PolicyMetrics } from '../ports/policy-metrics.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Controller } from '../runtime/controller.ts';
import { Informer } from '../runtime/informer.ts';
import { keyOf, splitKey } from '../runtime/kube-object.ts';
import type { Foundation } from './process.ts';

/** The policy of the data centre, and who has to hear of it. */
export type AgentPolicy = Readonly<{
  watch: PolicyWatch;
  /** Resolves when it is known, with false when the signal comes first. */
  known: (signal: AbortSignal) => Promise<boolean>;
  /** The controller of placements begins when the policy is known, and judges all when it changes. */
  judge: (placements: Informer<IOPlacement>, controller: Controller) => void;
}>;

export function agentPolicy(
  config: AgentConfig,
  local: ApiClient,
  { logger, metrics }: Foundation,
  policyMetrics: PolicyMetrics,
): AgentPolicy {
  const informer = policyInformer(config, local, { logger, metrics });
  return {
    watch: new PolicyWatch({ informer, metrics: policyMetrics, logger }),
    known: (signal) => informer?.waitForSync(signal) ?? Promise.resolve(true),
    judge: (placements, controller) => {
      if (informer !== undefined)
        controller.watch(informer, () => placements.cache.list().map(keyOf));
    },
  };
}

function policyInformer(
  config: AgentConfig,
  local: ApiClient,
  base: Foundation,
): Informer<PolicyConfigMap> | undefined {
  const key = config['policy-config-map'];
  if (key === undefined) return undefined;
  const { namespace, name } = splitKey(key);
  return new Informer({
    ...base,
    client: local,
    resource: policyResource,
    namespace,
    fieldSelector: `metadata.name=${name}`,
  });
}
