import { eventually } from '../../operator/testing/eventually.ts';
import type { World } from '../federation/world.ts';

/** Names that a dashboard relies on. */
const common = [
  'io_reconcile_total',
  'io_reconcile_duration_seconds_bucket',
  'io_workqueue_depth',
  'io_cached_objects',
  'io_api_requests_total',
  'process_resident_memory_bytes',
];
const ofHub = [
  'io_leader',
  'io_devices',
  'io_leases',
  'io_clusters_waiting',
  'io_placement_duration_seconds_bucket',
  'io_placement_decision_duration_seconds_bucket',
];
/** Appear with the first thing to count. */
const ofHubWhenRefused = ['io_placement_refusals_total'];

const MIB = 1024 ** 2;
const POLL_MS = 500;

/** Deadline of `scrape`, in seconds. */
export const SCRAPED_WITHIN_S = 30;

/**
 * Scrapes hub and agents until no metric is missing, while an IOCluster has a lease. Shows a few
 * figures. `refused`: a placement has been refused before.
 */
export function scrape(world: World, refused: boolean): Promise<readonly string[]> {
  // The hub counts devices and leases every ten seconds.
  return eventually(() => scrapeOnce(world, refused), {
    withinMs: SCRAPED_WITHIN_S * 1000,
    everyMs: POLL_MS,
  });
}

async function scrapeOnce(world: World, refused: boolean): Promise<readonly string[]> {
  const { hubs, agents } = world.operator;
  const lines: string[] = [];
  for (const [index, each] of [...hubs, ...agents].entries()) {
    const text = await each.metrics();
    const isHub = index < hubs.length;
    const wanted = isHub ? [...common, ...ofHub, ...(refused ? ofHubWhenRefused : [])] : common;
    const missing = wanted.filter((name) => !hasSample(text, name));
    if (missing.length > 0) throw new Error(`${each.name} has no ${missing.join(', ')}`);
    const memory = samples(text, 'process_resident_memory_bytes')[0]?.value ?? 0;
    const reconciles = samples(text, 'io_reconcile_total');
    const total = reconciles.reduce((sum, { value }) => sum + value, 0);
    const errors = reconciles
      .filter(({ labels }) => labels.includes('outcome="error"'))
      .reduce((sum, { value }) => sum + value, 0);
    const figures = `${total} reconciles, ${errors} errors, ${Math.round(memory / MIB)} MiB`;
    lines.push(`${each.name.padEnd(18)} ${each.url}/metrics  ${figures}`);
  }
  return lines;
}

type Sample = { readonly labels: string; readonly value: number };

/** The samples of one metric in the text format of Prometheus. */
export function samples(text: string, name: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) return [];
    return [{ labels: match[2] ?? '', value: Number(match[3]) }];
  });
}

function hasSample(text: string, name: string): boolean {
  return samples(text, name).length > 0;
}
