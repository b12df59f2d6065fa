import { appendFile, rm, statfs } from 'node:fs/promises';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPlace } from '../../hack/federation/database.ts';
import { startProcess, stopProcess } from '../../hack/federation/process.ts';
import { eventually } from './eventually.ts';

/** A file system in memory that is really full when it is. */
export type SmallDisk = DataPlace & {
  /** Fills it with a file, but for so many bytes. */
  fill(leaveBytes?: number): Promise<void>;
  /** Removes that file. */
  free(): Promise<void>;
  unmount(): Promise<void>;
};

/**
 * Mounts a disk of so many MiB in a mount namespace of its own, which only needs to be allowed to make
 * user namespaces: nobody else sees it, and it goes with the process that holds it.
 */
export async function mountSmallDisk(directory: string, mebibytes: number): Promise<SmallDisk> {
  const point = join(directory, 'disk');
  mkdirSync(point, { recursive: true });
  const recordPath = join(directory, 'disk.process');
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const mount = `mount -t tmpfs -o size=${mebibytes}m,mode=0700 none "$0" && exec sleep infinity`;
  const { pid } = await startProcess({
    command: 'unshare',
    args: [...user, '--mount', '--propagation', 'private', 'sh', '-c', mount, point],
    recordPath,
    logPath: join(directory, 'logs', 'disk.log'),
  });
  const root = `/proc/${pid}/root`;
  const seen = join(root, point);
  const outside = statSync(point).dev;
  await eventually(() => {
    if (statSync(seen).dev === outside) throw new Error('the disk is not mounted yet');
  });
  const filler = join(seen, 'filler');
  const enter = ['nsenter', `--target=${pid}`, ...user.slice(0, 1), '--mount', '--'];
  return {
    directory: point,
    view: { enter, root },
    async fill(leaveBytes = 0) {
      const { bavail, bsize } = await statfs(seen);
      const bytes = Math.max(0, bavail * bsize - leaveBytes);
      await appendFile(filler, Buffer.alloc(bytes)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error;
      });
    },
    free: () => rm(filler, { force: true }),
    unmount: () => stopProcess(recordPath),
  };
}
