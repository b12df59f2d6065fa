import { Counter, Gauge, type Registry } from 'prom-client';
import type { StakeMetrics } from '../../ports/stake-metrics.ts';

/** Stakes and cases as they are on the chain. */
export function stakeMetrics(registry: Registry): StakeMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const stakes = gauge('io_stakes', 'Stakes on the chain.');
  const open = gauge('io_slash_cases_open', 'Cases on the chain that are not decided.');
  const staked = gauge('io_staked_base_units', 'Base units of IO that are staked and in no case.');
  const escrowed = gauge('io_escrowed_base_units', 'Base units of IO that are in open cases.');
  const burnt = gauge('io_burnt_base_units', 'Base units of IO that cases have burnt.');
  const readAt = gauge('io_stakes_read_timestamp_seconds', 'When the chain was last read.');
  const failures = new Counter({
    name: 'io_stakes_not_read_total',
    help: 'Rounds in which stakes and cases could not be read from the chain.',
    registers,
  });
  return {
    stakesRead(found) {
      stakes.set(found.stakes);
      open.set(found.openCases);
      staked.set(Number(found.staked));
      escrowed.set(Number(found.escrowed));
      burnt.set(Number(found.burnt));
      readAt.setToCurrentTime();
    },
    stakesNotRead: () => failures.inc(),
  };
}
