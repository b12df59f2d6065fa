import { z } from 'zod';
import type { PublicBundle } from '../../../operator/ports/public-ledger.ts';
import { sha256 } from '../../../operator/runtime/sha256.ts';
import { TimedCache } from '../../gateway/timed-cache.ts';
import { Problem } from '../../problem.ts';
import type { AddRoutes } from '../context.ts';
import { pageBody, pageRequest } from '../paging.ts';
import { count, epochNumber, pageOf, pageQuery, problems } from '../schemas/common.ts';
import { epochView } from '../schemas/public.ts';

const tags = ['epochs'];
const config = { access: 'public' } as const;

/** A bundle is a few MiB at most. */
const maxBundles = 16;
const bundleMs = 30_000;
const absentMs = 1_000;

const bundleManifest = z
  .object({
    epoch: count,
    sha256: z.string().meta({ description: 'Of the lines `<sha256>  <name>` of all files.' }),
    chain: z.string(),
    files: z.array(z.object({ name: z.string(), bytes: count, sha256: z.string() })),
    howTo: z.string(),
  })
  .meta({ id: 'BundleManifest' });

const params = z.strictObject({ epoch: epochNumber });
const fileText = 'the name of a file of the bundle';
const fileParams = params.extend({
  file: z.string(fileText).regex(/^[a-z0-9-]{1,64}\.(json|csv)$/, fileText),
});

/** `GET /v1/epochs…`: closed epochs, and what anybody needs to check them. */
export const addEpochRoutes: AddRoutes = (server, { ports }) => {
  const { ledger, site } = ports;
  // Whoever looks at an epoch asks for its manifest and then for its files; several do so at once.
  const bundles = new TimedCache<PublicBundle | undefined>({
    maxEntries: maxBundles,
    maxPending: maxBundles,
    ttlMs: (bundle) => (bundle === undefined ? absentMs : bundleMs),
    monotonicMs: () => ports.clock.monotonicMs(),
  });
  const base = `https://${site.domain}${site.prefix}/v1/epochs`;

  server.get(
    '/epochs',
    {
      config,
      schema: {
        ...{ tags, summary: 'Closed epochs, newest first' },
        querystring: pageQuery,
        response: { 200: pageOf(epochView), ...problems(400) },
      },
    },
    async ({ query }) => pageBody('epochs', await ledger.epochs(pageRequest('epochs', query))),
  );

  server.get(
    '/epochs/:epoch',
    {
      config,
      schema: {
        ...{ tags, summary: 'A closed epoch', params },
        response: { 200: epochView, ...problems(400, 404) },
      },
    },
    async (request) => {
      const view = await ledger.epoch(request.params.epoch);
      if (view === undefined) throw notClosed(request.params.epoch);
      return view;
    },
  );

  server.get(
    '/epochs/:epoch/bundle',
    {
      config,
      schema: {
        ...{ tags, summary: 'Files that anybody can check an epoch by, and their hashes', params },
        response: { 200: bundleManifest, ...problems(400, 404) },
      },
    },
    async (request) => manifestOf(await bundleOf(request.params.epoch), base),
  );

  server.get(
    '/epochs/:epoch/bundle/:file',
    {
      config,
      schema: { tags, summary: 'A file of the bundle of an epoch', params: fileParams },
    },
    async (request, reply) => {
      const { epoch, file } = request.params;
      const found = (await bundleOf(epoch)).files.find(({ name }) => name === file);
      if (found === undefined) {
        throw new Problem(404, 'FileNotFound', `the bundle of epoch ${epoch} has no file ${file}`);
      }
      const type = file.endsWith('.json') ? 'application/json' : 'text/csv';
      return reply.type(`${type}; charset=utf-8`).send(found.text);
    },
  );

  async function bundleOf(epoch: number): Promise<PublicBundle> {
    const bundle = await bundles.get(String(epoch), () => ledger.bundle(epoch));
    if (bundle === undefined) throw notClosed(epoch);
    return bundle;
  }
};

const notClosed = (epoch: number): Problem =>
  new Problem(404, 'EpochNotFound', `epoch ${epoch} is not closed`);

function manifestOf({ epoch, chain, files }: PublicBundle, base: string) {
  const hashed = files.map(({ name, text }) => ({
    name,
    bytes: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  const lines = hashed.map((file) => `${file.sha256}  ${file.name}\n`).join('');
  const names = hashed.map(({ name }) => name);
  return { epoch, sha256: sha256(lines), chain, files: hashed, howTo: howTo(epoch, names, base) };
}

/** Commands that come to the hash of the bundle, and to the chain, without anything of ours. */
function howTo(epoch: number, names: readonly string[], base: string): string {
  return [
    `# the hash of the bundle of epoch ${epoch}`,
    ...names.map((name) => `curl -sSfO ${base}/${epoch}/bundle/${name}`),
    `sha256sum ${names.join(' ')} | sha256sum`,
    '# its chain: the sha256 of the chain before it and the digest, which are in epoch.json',
    `jq -r '.previousChain + .digest' epoch.json | xxd -r -p | sha256sum`,
    '',
  ].join('\n');
}
