import type { MemberWishes } from '../../domain/member/heartbeat.ts';
import {
  type MemberPolicy,
  openPolicy,
  unreadablePolicy,
  wishesOf,
} from '../../domain/member/policy.ts';
import type { PolicyMetrics } from '../../ports/policy-metrics.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Resource } from '../../runtime/resource.ts';
import { parsePolicy } from './parse.ts';

export type PolicyConfigMap = KubeObject & { data?: Readonly<Record<string, string>> };

export const policyResource: Resource<PolicyConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/**
 * What the data centre wants now, from a ConfigMap that is watched. One that cannot be read changes
 * nothing, and when there was none before it that could, nothing new begins; one that is deleted, or
 * was never there, sets no limits.
 */
export class PolicyWatch {
  readonly #metrics: PolicyMetrics;
  readonly #logger: Logger;
  #policy: MemberPolicy = openPolicy;
  #understood = false;

  /** Create it before other handlers of the informer, which may then rely on what it has read. */
  constructor(options: {
    /** Of the one ConfigMap. Absent: there is no policy. */
    informer: Pick<WatchedInformer<PolicyConfigMap>, 'onChange'> | undefined;
    metrics: PolicyMetrics;
    logger: Logger;
  }) {
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#metrics.policyReadable(true);
    options.informer?.onChange(({ type, object }) => {
      if (type === 'deleted') this.#deleted();
      else this.#take(object.data ?? {});
    });
  }

  current(): MemberPolicy {
    return this.#policy;
  }

  /** For the heartbeat. */
  memberWishes(): MemberWishes {
    return wishesOf(this.#policy);
  }

  #take(data: Readonly<Record<string, string>>): void {
    const parsed = parsePolicy(data);
    this.#metrics.policyReadable('policy' in parsed);
    if ('policy' in parsed) {
      this.#policy = parsed.policy;
      this.#understood = true;
      this.#logger.info({ keys: Object.keys(data) }, 'the policy of the data centre is in force');
      return;
    }
    const { faults } = parsed;
    if (this.#understood) {
      this.#logger.warn({ faults }, 'the policy cannot be read, the one before it stays in force');
      return;
    }
    this.#policy = unreadablePolicy;
    this.#logger.warn({ faults }, 'the policy cannot be read, nothing new begins until it can');
  }

  #deleted(): void {
    this.#policy = openPolicy;
    this.#understood = false;
    this.#metrics.policyReadable(true);
    this.#logger.warn({}, 'the policy of the data centre was deleted, nothing is limited');
  }
}
