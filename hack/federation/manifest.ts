import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** One YAML document as it stands, and the little that says where to send it. */
export type ManifestText = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly text: string;
};

/**
 * The documents of a YAML file. Only `metadata` is parsed: a CRD of KubeRay has a megabyte, and
 * the API server reads YAML itself.
 */
export function readManifests(path: string): ManifestText[] {
  return splitManifests(readFileSync(path, 'utf8'), path);
}

/** The documents of a YAML text; `source` is named in errors. Comment-only documents are left out. */
export function splitManifests(text: string, source: string): ManifestText[] {
  return text
    .split(/^---.*$/m)
    .filter((document) => /^[a-zA-Z]/m.test(document))
    .map((document) => {
      const block = /^metadata:[ ]*\n((?:[ ]+.*\n|[ ]*\n)+)/m.exec(`${document}\n`)?.[0] ?? '';
      const metadata = (parse(block) as Partial<Pick<ManifestText, 'metadata'>> | null)?.metadata;
      const apiVersion = field(document, 'apiVersion');
      const kind = field(document, 'kind');
      if (metadata?.name === undefined || apiVersion === undefined || kind === undefined) {
        throw new Error(`${source} holds a document without apiVersion, kind or metadata.name`);
      }
      const { name, namespace } = metadata;
      const place = namespace === undefined ? { name } : { name, namespace };
      return { apiVersion, kind, metadata: place, text: document };
    });
}

function field(document: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ ]*["']?([^"'\\s]+)`, 'm').exec(document)?.[1];
}
