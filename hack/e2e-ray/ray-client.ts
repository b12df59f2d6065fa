import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stages } from '../demo/stages.ts';
import { silentProgress } from '../federation/progress.ts';
import { ensure } from '../images/cached.ts';
import { rayImage } from '../images/recipes.ts';
import { unpackImage } from '../images/unpack.ts';
import { type Renter, type Ran, run } from './renter.ts';

const WITHIN_S = 180;

/** The real client of Ray, unchanged, through `kubectl io port-forward`. */
export async function useRayClient(
  stages: Stages,
  renter: Renter,
  { cluster, directory }: { readonly cluster: string; readonly directory: string },
): Promise<void> {
  const root = join(directory, 'ray-client');
  const ports = new AbortController();
  let open: Promise<Ran> | undefined;
  let addresses: readonly string[] = [];
  await stages.run('kubectl io port-forward: dashboard and client', WITHIN_S, async () => {
    mkdirSync(root, { recursive: true });
    await unpackImage(await ensure(rayImage, silentProgress), root);
    await new Promise<void>((resolve, reject) => {
      const found: string[] = [];
      open = renter.io(['port-forward', cluster, 'dashboard:0', 'client:0'], {
        ...{ withinMs: 4 * WITHIN_S * 1000, signal: ports.signal },
        onLine(line) {
          const address = /127\.0\.0\.1:[0-9]+/.exec(line)?.[0];
          if (address !== undefined) found.push(address);
          if (found.length === 2) resolve();
        },
      });
      void open.then(({ lines }) => reject(new Error(lines.join('\n'))), reject);
      addresses = found;
    });
    return addresses;
  });
  const [dashboard = '', client = ''] = addresses;
  await stages.run('ray job submit, as anybody has it', WITHIN_S, async () => {
    const script = 'import ray; ray.init(); print("GPUs", ray.cluster_resources()["GPU"])';
    const lines = await inRoot(root, [
      ...['/usr/local/bin/ray', 'job', 'submit', `--address=http://${dashboard}`],
      ...['--', 'python3', '-c', script],
    ]);
    return [...kept(lines, /^GPUs 2\.0$/), ...kept(lines, /Job 'raysubmit_.*' succeeded/)];
  });
  await stages.run('ray.init("ray://…"), as anybody has it', WITHIN_S, async () => {
    const lines = [
      ...['import ray', `ray.init("ray://${client}")`, '@ray.remote(num_gpus=1)'],
      ...['def f(x): return x * x', 'print("squares", ray.get([f.remote(i) for i in range(4)]))'],
    ];
    const program = ['/usr/bin/python3', '-c', lines.join('\n')];
    // Ray gives a client's server 30 s to start, which a busy machine may not keep: people try again.
    const said = await inRoot(root, program).catch((error: Error) => {
      if (!error.message.includes('Starting Ray client server failed')) throw error;
      return inRoot(root, program);
    });
    return kept(said, /^squares \[0, 1, 4, 9\]$/);
  });
  ports.abort();
  await open;
}

/** Runs a program on the files of an image, on this machine's network; what it mounts ends with it. */
async function inRoot(root: string, command: readonly string[]): Promise<readonly string[]> {
  const script = [
    'mount -t proc proc "$0/proc"',
    'mount --rbind /dev "$0/dev"',
    'exec chroot --userspec=1000:100 "$0" "$@"',
  ].join(' && ');
  const args = ['--mount', '--propagation=private', '--', '/bin/sh', '-c', script, root];
  const { code, lines } = await run('unshare', [...args, ...command], {
    withinMs: WITHIN_S * 1000,
  });
  if (code !== 0) throw new Error(`it ended with ${code}:\n${lines.slice(-15).join('\n')}`);
  return lines;
}

function kept(lines: readonly string[], wanted: RegExp): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- Ray colours what it says
  const plain = lines.map((line) => line.replaceAll(/\u001B\[[0-9;]*m/g, ''));
  const found = plain.filter((line) => wanted.test(line));
  if (found.length === 0)
    throw new Error(`not what was asked for:\n${plain.slice(-15).join('\n')}`);
  return found;
}
