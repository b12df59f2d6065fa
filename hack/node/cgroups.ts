import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findRecords } from '../federation/process.ts';

const RECORD_SUFFIX = '.cgroups';
const EMPTY_WITHIN_MS = 20_000;
const POLL_MS = 20;
/** Options of every mount, which no hierarchy is known by. */
const COMMON = ['rw', 'ro', 'relatime', 'noatime', 'nosuid', 'nodev', 'noexec', 'nsdelegate'];

/** A mounted hierarchy of cgroups. */
export type Hierarchy = {
  readonly mount: string;
  readonly type: 'cgroup' | 'cgroup2';
  /** What it is mounted with, such as `cpu,cpuacct`; empty for version 2. */
  readonly options: string;
};

/** A cgroup of one hierarchy, as hack/tools/box takes it. */
export type Cgroup = {
  readonly directory: string;
  readonly hierarchy: string;
  readonly type: 'cgroup' | 'cgroup2';
  readonly options: string;
};

/** The hierarchies in a text like that of /proc/self/mounts. */
export function parseHierarchies(mounts: string): readonly Hierarchy[] {
  return mounts.split('\n').flatMap((line): readonly Hierarchy[] => {
    const [, mount = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup2') return [{ mount, type, options: '' }];
    if (type !== 'cgroup') return [];
    const own = options.split(',').filter((option) => !COMMON.includes(option));
    const named = own.some((option) => option.startsWith('name=')) ? ['none'] : [];
    return [{ mount, type, options: [...named, ...own].join(',') }];
  });
}

/**
 * Makes a cgroup of this name in every hierarchy. What is to be removed later stands in the record, which
 * ends in `.cgroups`, before anything is made: see `removeCgroups`.
 */
export function makeCgroups(recordPath: string, name: string): readonly Cgroup[] {
  const cgroups = hierarchies().map(({ mount, type, options }): Cgroup => {
    return { directory: join(mount, name), hierarchy: mount, type, options };
  });
  mkdirSync(dirname(recordPath), { recursive: true });
  writeFileSync(recordPath, JSON.stringify(cgroups));
  for (const { directory: path, hierarchy, type } of cgroups) {
    mkdirSync(path, { recursive: true });
    // In version 1 a new group of cpuset may use nothing, and takes no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (type !== 'cgroup' || !existsSync(join(path, file))) continue;
      writeFileSync(join(path, file), readFileSync(join(hierarchy, file)));
    }
  }
  return cgroups;
}

/**
 * Removes the cgroups that were made for anything in a directory or below it, and returns when they are
 * gone, and so all of their processes are.
 */
export async function removeCgroups(directory: string): Promise<void> {
  for (const record of findRecords(directory, RECORD_SUFFIX)) {
    const cgroups = JSON.parse(readFileSync(record, 'utf8')) as readonly Cgroup[];
    await Promise.all(cgroups.map((cgroup) => remove(cgroup.directory)));
  }
}

function hierarchies(): readonly Hierarchy[] {
  const found = parseHierarchies(readFileSync('/proc/self/mounts', 'utf8'));
  // Version 2 beside version 1, without controllers: nothing of a node looks at it.
  const isHybrid = found.some(({ type }) => type === 'cgroup');
  return found.filter(({ type }) => !(isHybrid && type === 'cgroup2'));
}

async function remove(path: string): Promise<void> {
  const deadline = performance.now() + EMPTY_WITHIN_MS;
  while (existsSync(path)) {
    if (removeTree(path)) return;
    if (performance.now() > deadline) {
      throw new Error(`the cgroup ${basename(path)} still has processes: ${path}/cgroup.procs`);
    }
    await delay(POLL_MS);
  }
}

/** Whether all of it is gone: a group goes after the groups in it, and when no process is in it. */
function removeTree(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(path, entry.name))) return false;
    }
    rmdirSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'EBUSY' || code === 'ENOTEMPTY') return false;
    throw error;
  }
}
