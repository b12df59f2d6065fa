import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseHierarchies } from './cgroups.ts';

/** What a machine has of what a real node needs. */
export type MachineFacts = {
  readonly platform: string;
  readonly isRoot: boolean;
  /** `ID` of /etc/os-release. */
  readonly system: string;
  /** The text of /proc/filesystems. */
  readonly filesystems: string;
  /** The text of /proc/self/mounts. */
  readonly mounts: string;
  readonly hasProgram: (name: string) => boolean;
};

/** Debian's packages are fetched and unpacked with these, Ray's with the last. */
const programs = ['apt-get', 'dpkg-deb', 'wget', 'gpgv', 'tar', 'unshare', 'python3'];

/** Why no real node can be started here, in one sentence; undefined: it can. */
export function whyNoRealNode(facts: MachineFacts = machineFacts()): string | undefined {
  const needs = 'a real node needs';
  if (facts.platform !== 'linux') return `${needs} Linux, and this machine is ${facts.platform}.`;
  if (!facts.isRoot) return `${needs} root, for namespaces and cgroups.`;
  if (facts.system !== 'debian') {
    return `${needs} Debian, whose packages it is made of, and this system is ${facts.system || 'unknown'}.`;
  }
  const missing = programs.filter((name) => !facts.hasProgram(name));
  if (missing.length > 0) {
    return `${needs} ${missing.join(', ')} in PATH: apt-get install the packages of these names.`;
  }
  if (!/\boverlay$/m.test(facts.filesystems)) return `${needs} overlayfs in the kernel.`;
  const isWritable = parseHierarchies(facts.mounts).length > 0;
  if (!isWritable) return `${needs} cgroups, and none are mounted.`;
  return undefined;
}

function machineFacts(): MachineFacts {
  const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const path = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    system: /^ID="?([a-z0-9]+)/m.exec(text('/etc/os-release'))?.[1] ?? '',
    filesystems: text('/proc/filesystems'),
    mounts: text('/proc/self/mounts'),
    hasProgram: (name) => path.some((folder) => existsSync(join(folder, name))),
  };
}
