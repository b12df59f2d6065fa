import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { command } from './command.ts';

const TAR_WITHIN_MS = 300_000;
/** Reproducible: the same files give the same layer. */
const TAR_FLAGS = ['--sort=name', '--mtime=@0', '--numeric-owner', '--format=posix'];
const PAX_FLAGS = ['--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'];
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** What a container of the image is started with, as the OCI image specification writes it. */
export type ImageConfig = {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly WorkingDir?: string;
};

export type Image = {
  /** With registry and tag, as pods name it. */
  readonly name: string;
  /** Tar files, the lowest first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
};

/** A layer of a folder, or of the paths `only` in it, without what is left out, as a tar file. */
export async function writeLayer(
  path: string,
  folder: string,
  { only = ['.'], without = [] }: { only?: readonly string[]; without?: readonly string[] } = {},
): Promise<void> {
  const excluded = without.map((pattern) => `--exclude=./${pattern}`);
  const flags = [...TAR_FLAGS, ...PAX_FLAGS, ...excluded];
  await command('tar', [...flags, '-C', folder, '-cf', path, ...only], { withinMs: TAR_WITHIN_MS });
}

/** An image as one file that `ctr image import` takes: the OCI layout in a tar file. */
export async function writeImage(path: string, scratch: string, image: Image): Promise<void> {
  const layout = join(scratch, 'layout');
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const layers = [];
  for (const layer of image.layers) layers.push(await addFile(blobs, layer));
  const config = addJson(blobs, CONFIG_TYPE, {
    ...{ architecture: ARCHITECTURES[process.arch], os: 'linux', config: image.config },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = addJson(blobs, MANIFEST_TYPE, {
    ...{ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers },
  });
  const annotations = { 'io.containerd.image.name': image.name };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await command('tar', [...TAR_FLAGS, '-C', layout, '-hcf', path, '.'], {
    withinMs: TAR_WITHIN_MS,
  });
}

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };

/** A file of several hundred MiB is linked to, not copied. */
async function addFile(blobs: string, path: string): Promise<Descriptor> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const digest = hash.digest('hex');
  symlinkSync(path, join(blobs, digest));
  return { mediaType: LAYER_TYPE, digest: `sha256:${digest}`, size: statSync(path).size };
}

function addJson(blobs: string, mediaType: string, value: object): Descriptor {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(blobs, digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}
