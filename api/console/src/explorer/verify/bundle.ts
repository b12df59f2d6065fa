import { toHex } from '../../../../../operator/domain/settlement/hex.ts';
import type { Sha256 } from '../../../../../operator/domain/settlement/merkle.ts';
import { checkChain, type ChainVerdict } from './chain.ts';

/** What an epoch's bundle is made of, without the content of its files. */
export type BundleManifest = Readonly<{
  epoch: number;
  /** Of the lines `<sha256>  <name>` of all files. */
  sha256: string;
  chain: string;
  files: readonly Readonly<{ name: string; bytes: number; sha256: string }>[];
  howTo: string;
}>;

export type BundleCheck = Readonly<{
  /** Whether each file is the one of the manifest, by name. */
  files: ReadonlyMap<string, boolean>;
  /** Whether the hash of the whole is that of its files. */
  whole: boolean;
  /** What the epoch's chain comes to from `epoch.json`. */
  chain: ChainVerdict;
}>;

/** Files of more than this together are for a terminal. */
export const maxBundleBytes = 64 * 2 ** 20;

/** Computes the hashes of a bundle again, and the epoch's chain from what it says. */
export function checkBundle(
  manifest: BundleManifest,
  texts: ReadonlyMap<string, string>,
  sha256: Sha256,
): BundleCheck {
  const hashOf = (text: string): string => toHex(sha256(new TextEncoder().encode(text)));
  const hashed = manifest.files.map(({ name, sha256: told }) => {
    const hash = hashOf(texts.get(name) ?? '');
    return { name, hash, isRight: texts.has(name) && hash === told.toLowerCase() };
  });
  const lines = hashed.map(({ name, hash }) => `${hash}  ${name}\n`).join('');
  return {
    files: new Map(hashed.map(({ name, isRight }) => [name, isRight])),
    whole: hashOf(lines) === manifest.sha256.toLowerCase(),
    chain: chainOf(manifest, texts.get('epoch.json'), sha256),
  };
}

function chainOf(
  { epoch, chain }: BundleManifest,
  text: string | undefined,
  sha256: Sha256,
): ChainVerdict {
  const { digest, previousChain } = fieldsOf(text);
  const before = { epoch: epoch - 1, digest: '', chain: previousChain };
  return checkChain([before, { epoch, digest, chain }], sha256).get(epoch) ?? 'Unreadable';
}

function fieldsOf(text = ''): Readonly<{ digest: string; previousChain: string }> {
  try {
    const { digest, previousChain } = JSON.parse(text) as Record<string, unknown>;
    return { digest: String(digest), previousChain: String(previousChain) };
  } catch {
    return { digest: '', previousChain: '' };
  }
}
