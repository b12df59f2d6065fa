import { expect, test } from '@jest/globals';
import { parseHierarchies } from './cgroups.ts';

test('hierarchies are the mounts of both versions, known by their own options', () => {
  const mounts = [
    'proc /proc proc rw,relatime 0 0',
    'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,nodev,noexec,relatime,cpu,cpuacct 0 0',
    'cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime,nsdelegate 0 0',
    '',
  ].join('\n');
  expect(parseHierarchies(mounts)).toEqual([
    { mount: '/sys/fs/cgroup/cpu,cpuacct', type: 'cgroup', options: 'cpu,cpuacct' },
    { mount: '/sys/fs/cgroup/systemd', type: 'cgroup', options: 'none,name=systemd' },
    { mount: '/sys/fs/cgroup/unified', type: 'cgroup2', options: '' },
  ]);
});

test('a machine without cgroups has no hierarchies', () => {
  expect(parseHierarchies('proc /proc proc rw 0 0\n')).toEqual([]);
});
