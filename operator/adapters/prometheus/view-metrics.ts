import { Counter, Gauge, type Registry } from 'prom-client';
import type { ViewMetrics } from '../../ports/view-metrics.ts';

/** Of a hub that writes what people look at; on the process's registry. */
export function viewMetrics(registry: Registry): ViewMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const written = new Counter({
    name: 'io_views_written_total',
    help: 'Rows of the read model that were written or removed.',
    labelNames: ['kind'],
    registers,
  });
  const failed = new Counter({
    name: 'io_views_not_written_total',
    help: 'Attempts to write the read model that failed.',
    registers,
  });
  const pending = gauge('io_views_pending', 'Changes that the read model does not show yet.');
  const lag = gauge('io_views_lag_seconds', 'Age of the oldest of them.');
  const counted = gauge('io_view_sums_timestamp_seconds', 'When supply and demand were counted.');
  const counting = gauge('io_view_sums_duration_seconds', 'How long counting them took.');
  return {
    viewsWritten: (kind, rows) => written.inc({ kind }, rows),
    viewsPending(changes, oldestSeconds) {
      pending.set(changes);
      lag.set(oldestSeconds);
    },
    viewSumsWritten(atSeconds, tookSeconds) {
      counted.set(atSeconds);
      counting.set(tookSeconds);
    },
    viewsNotWritten: () => failed.inc(),
  };
}
