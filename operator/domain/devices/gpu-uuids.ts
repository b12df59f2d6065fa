import type { Reading } from '../evidence/exposition.ts';

const uuidPattern = /^GPU-[-0-9a-fA-F]{1,64}$/;

/**
 * Ids of the whole GPUs of a node by their number, as its DCGM exporter tells them. None where GPUs are
 * cut into slices, whose ids change with every cut; nor what is no id, or is told of two GPUs.
 */
export function gpuUuids(readings: readonly Reading[]): ReadonlyMap<number, string> {
  if (readings.some(({ slice }) => slice !== undefined)) return new Map();
  const told = readings.flatMap(({ gpu, uuid = '' }) =>
    uuidPattern.test(uuid) ? [[gpu, uuid] as const] : [],
  );
  const byUuid = Map.groupBy(told, ([, uuid]) => uuid);
  return new Map(told.filter(([, uuid]) => byUuid.get(uuid)?.length === 1));
}
