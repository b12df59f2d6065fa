import { samples } from '../demo/metrics.ts';
import type { OperatorProcess } from '../federation/operator.ts';

const WRITES = new Set(['create', 'apply', 'patch', 'update', 'delete']);
/** Heartbeats and leader election: the same number however much is placed. */
const LEASES = 'leases.coordination.k8s.io';

/** Successful writes so far, by resource (`plural.group`), leases left out. */
export type ApiWrites = ReadonlyMap<string, number>;

/** What processes of the product say of themselves in io_api_requests_total, together. */
export async function apiWrites(processes: readonly OperatorProcess[]): Promise<ApiWrites> {
  const texts = await Promise.all(processes.map((each) => each.metrics()));
  const writes = new Map<string, number>();
  for (const { labels, value } of texts.flatMap((text) => samples(text, 'io_api_requests_total'))) {
    const { verb = '', resource = '', code = '' } = parseLabels(labels);
    if (!WRITES.has(verb) || !code.startsWith('2') || resource === LEASES) continue;
    writes.set(resource, (writes.get(resource) ?? 0) + value);
  }
  return writes;
}

/** What was written between two looks, per resource; more first. */
export function difference(before: ApiWrites, after: ApiWrites): ApiWrites {
  const changes = [...after].map(
    ([name, count]) => [name, count - (before.get(name) ?? 0)] as const,
  );
  return new Map(changes.filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a));
}

/** All of them. */
export function total(writes: ApiWrites): number {
  return [...writes.values()].reduce((sum, count) => sum + count, 0);
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
}
