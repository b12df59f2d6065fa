import { Counter, Gauge, type Registry } from 'prom-client';
import { amountOf, type Drift } from '../../domain/settlement/drift.ts';
import type { MirrorMetrics } from '../../ports/mirror-metrics.ts';

/** Drifts that stand are shown as 0 where there are none, so that an alert has something to look at. */
const shown: readonly Readonly<{ kind: Drift['kind']; asset: Drift['asset'] }>[] = [
  { kind: 'custody', asset: 'USDC' },
  ...(
    [
      'custody',
      'supplier:staked',
      'case:escrow',
      'burn',
      'rewards:claimed',
      'vault:stake',
      'vault:rewards',
      'supply',
      'program',
    ] as const
  ).map((kind) => ({ kind, asset: 'IO' as const })),
];

/** Of a hub that mirrors the chain; on the process's registry. */
export function mirrorMetrics(registry: Registry): MirrorMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const passed = gauge('io_chain_mirrored_slot', 'Everything up to this slot is in the ledger.');
  const lag = gauge('io_chain_mirror_lag_slots', 'Slots that were final then, and not looked at.');
  const taken = new Counter({
    name: 'io_chain_transactions_total',
    help: 'Transactions that were taken into the ledger.',
    registers,
  });
  const faults = new Counter({
    name: 'io_chain_mirror_faults_total',
    help: 'Rounds of the mirror that came to nothing, by what was at fault.',
    labelNames: ['fault'],
    registers,
  });
  const cutOff = gauge('io_chain_cut_off_transactions', 'Transactions whose log was cut off.');
  const drift = new Gauge({
    name: 'io_drift_base_units',
    help: 'By how much ledger and chain differ, added up over accounts, in base units.',
    labelNames: ['kind', 'asset'],
    registers,
  });
  const looked = gauge('io_drift_looked_seconds', 'When ledger and chain were compared last.');
  const failed = new Counter({
    name: 'io_drift_failed_looks_total',
    help: 'Comparisons of ledger and chain that came to nothing.',
    registers,
  });
  return {
    mirrorPassed(slot, lagSlots) {
      passed.set(Number(slot));
      lag.set(Number(lagSlots));
    },
    mirrorTook: (transactions) => taken.inc(transactions),
    mirrorFailed: (fault) => faults.inc({ fault }),
    mirrorCutOff: (transactions) => cutOff.set(transactions),
    driftsStand(drifts, atSeconds) {
      for (const { kind, asset } of shown) {
        const of = drifts.filter((each) => each.kind === kind && each.asset === asset);
        drift.set(
          { kind, asset },
          of.reduce((sum, each) => sum + sizeOf(each), 0),
        );
      }
      looked.set(atSeconds);
    },
    driftLookFailed: () => failed.inc(),
  };
}

const sizeOf = (drift: Drift): number => Math.abs(Number(amountOf(drift)));
