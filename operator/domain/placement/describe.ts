import type { GroupRequest } from './types.ts';

const namesShown = 3;

/** `a, b, c and 4 more`. */
export function listSome(names: readonly string[], shown = namesShown, joint = ', '): string {
  const rest = names.length - shown;
  if (rest <= 0) return names.join(joint);
  return shown === 0
    ? `${names.length} more`
    : `${names.slice(0, shown).join(joint)} and ${rest} more`;
}

/** What the groups want, in a renter's words: `H100-80GB-HBM3 or H200`. */
export function describeGroups(groups: readonly GroupRequest[]): string {
  return listSome([...new Set(groups.map(describeGroup))], namesShown, ' and ');
}

/** `16 H100-80GB-HBM3`, `1 GPU`. */
export function describeDevices(count: number, groups: readonly GroupRequest[]): string {
  const what = describeGroups(groups);
  return `${count} ${count === 1 ? what.replace(/\bGPUs\b/, 'GPU') : what}`;
}

function describeGroup(group: GroupRequest): string {
  const parts = [
    group.models.length > 0 ? listSome(group.models, namesShown, ' or ') : 'GPUs',
    ...(group.migProfile === undefined ? [] : [`MIG ${group.migProfile}`]),
    ...(group.minMemoryMiB > 0 ? [`with ${group.minMemoryMiB} MiB`] : []),
    ...(group.nvlink ? ['with NVLink'] : []),
  ];
  return parts.join(' ');
}
