import { spawn } from 'node:child_process';
import { command } from './command.ts';

const WITHIN_MS = 300_000;

/** Unpacks the layers of an image that `writeImage` wrote over one another into a folder. */
export async function unpackImage(archive: string, folder: string): Promise<void> {
  const read = (path: string): Promise<string> =>
    command('tar', ['-xOf', archive, path], { withinMs: WITHIN_MS });
  const index = JSON.parse(await read('./index.json')) as {
    manifests: readonly { digest: string }[];
  };
  const manifest = JSON.parse(await read(blob(index.manifests[0]?.digest ?? ''))) as {
    layers: readonly { digest: string }[];
  };
  for (const { digest } of manifest.layers) await unpackLayer(archive, blob(digest), folder);
}

const blob = (digest: string): string => `./blobs/sha256/${digest.replace('sha256:', '')}`;

function unpackLayer(archive: string, path: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(WITHIN_MS);
    const out = spawn('tar', ['-xOf', archive, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
    });
    const into = spawn('tar', ['-xpf', '-', '-C', folder], {
      stdio: [out.stdout, 'inherit', 'inherit'],
      signal,
    });
    out.stdout.destroy(); // the other has it now
    for (const child of [out, into]) child.once('error', reject);
    into.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`unpacking ${path} of ${archive} ended with ${code}`));
    });
  });
}
