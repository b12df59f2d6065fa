import { expect, test } from '@jest/globals';
import { type MachineFacts, whyNoRealNode } from './system.ts';

const good: MachineFacts = {
  platform: 'linux',
  isRoot: true,
  system: 'debian',
  filesystems: 'nodev\tcgroup\nnodev\toverlay\n',
  mounts: 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n',
  hasProgram: () => true,
};

test('Debian, root, overlayfs and cgroups are enough', () => {
  expect(whyNoRealNode(good)).toBeUndefined();
});

test.each<[string, Partial<MachineFacts>, RegExp]>([
  ['another system', { platform: 'darwin' }, /needs Linux, and this machine is darwin\.$/],
  ['a user', { isRoot: false }, /needs root/],
  ['another distribution', { system: 'fedora' }, /needs Debian, .* this system is fedora\.$/],
  ['no distribution', { system: '' }, /this system is unknown\.$/],
  ['no wget', { hasProgram: (name) => name !== 'wget' }, /needs wget in PATH: apt-get install/],
  ['no overlayfs', { filesystems: 'nodev\tcgroup\n' }, /needs overlayfs/],
  ['no cgroups', { mounts: '' }, /needs cgroups/],
])('with %s one sentence says what is missing', (_name, change, expected) => {
  const sentence = whyNoRealNode({ ...good, ...change });
  expect(sentence).toMatch(expected);
  expect(sentence?.match(/\.(\s|$)/g)).toHaveLength(1);
});
