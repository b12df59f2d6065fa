import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { RootAuditMetrics, RootMetrics } from '../../ports/reward-roots.ts';
import type { RpcMetrics } from '../../ports/settlement-metrics.ts';
import { rpcMetrics } from './settlement-metrics.ts';

/** What the hub measures of roots. */
export function rootMetrics(registry: Registry): RootMetrics {
  const registers = [registry];
  const epoch = new Gauge({
    name: 'io_reward_root_epoch',
    help: 'The epoch of the newest root of rewards.',
    registers,
  });
  const wallets = new Gauge({
    name: 'io_reward_root_wallets',
    help: 'Wallets in the newest root of rewards.',
    registers,
  });
  const step = new Gauge({
    name: 'io_reward_root_step',
    help: '1 for what is done with the newest root.',
    labelNames: ['step'],
    registers,
  });
  return {
    rootBuilt(root, name) {
      epoch.set(root.epoch);
      wallets.set(root.leafCount);
      step.reset();
      step.set({ step: name }, 1);
    },
  };
}

/** What `io-operator auditor` measures, and how it is scraped. */
export type AuditorMetrics = RootAuditMetrics &
  RpcMetrics &
  Readonly<{
    /** The ledger says other than its own rules. */
    differed: () => void;
    text: () => Promise<string>;
    contentType: string;
  }>;

/** One registry for the process. */
export function createAuditorMetrics(): AuditorMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ component: 'auditor' });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const epoch = new Gauge({
    name: 'io_audited_root_epoch',
    help: 'The epoch of the root on chain that was looked at last.',
    registers,
  });
  const verdicts = new Gauge({
    name: 'io_audited_root_verdict',
    help: '1 for what the auditor says of the root on chain.',
    labelNames: ['verdict'],
    registers,
  });
  const cancelled = new Counter({
    name: 'io_audited_roots_cancelled_total',
    help: 'Wrong roots that were cancelled.',
    registers,
  });
  const differences = new Counter({
    name: 'io_audited_ledger_differences_total',
    help: 'Rows of the ledger that are not what its rules come to.',
    registers,
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...rpcMetrics(registry),
    rootAudited(number, verdict) {
      epoch.set(number);
      verdicts.reset();
      verdicts.set({ verdict }, 1);
    },
    rootCancelled: () => cancelled.inc(),
    differed: () => differences.inc(),
  };
}
