import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { RewardProof } from '../../domain/settlement/roots.ts';
import { prefixOf } from './bundle.ts';

/** Where a wallet gets its proof from; undefined where the root of the epoch does not know it. */
export type ProofSource = (wallet: string, epoch: number) => Promise<RewardProof | undefined>;

const timeoutMs = 30_000;
const notFound = 404;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const entrySchema = z.object({
  index: z.int().min(0),
  total: z.string().regex(/^[0-9]{1,20}$/),
  proof: z.array(hash).max(32),
});
const answerSchema = entrySchema.extend({ epoch: z.int().min(1) });
const manifestSchema = z.object({
  format: z.literal(1),
  root: z.object({ epoch: z.int().min(1) }),
  prefixDigits: z.int().min(0).max(8),
});

/** Asks `io-operator api`; `ca` is the file of the CA that signed its certificate. */
export function proofsOfApi(url: string, ca: string | undefined): ProofSource {
  return async (wallet, epoch) => {
    const path = `/v1/rewards/proofs/${wallet}?epoch=${epoch}`;
    const body = await get(new URL(path, url), ca);
    if (body === undefined) return undefined;
    const { index, total, proof } = answerSchema.parse(JSON.parse(body));
    return { wallet, epoch, index, total: BigInt(total), proof };
  };
}

/** Reads a bundle of `io-operator rewards-bundle`: a folder, or where a web server has it. */
export function proofsOfBundle(location: string): ProofSource {
  const read = /^https?:\/\//.test(location)
    ? (name: string) => get(new URL(name, location.endsWith('/') ? location : `${location}/`))
    : (name: string) => readFile(join(location, name), 'utf8').catch(missingFile);
  return async (wallet, epoch) => {
    const manifest = await read('manifest.json');
    if (manifest === undefined) throw new Error(`${location} has no manifest.json`);
    const { root, prefixDigits } = manifestSchema.parse(JSON.parse(manifest));
    if (root.epoch !== epoch) {
      throw new Error(`${location} is of epoch ${root.epoch}, and claims are paid by ${epoch}`);
    }
    const shard = await read(`proofs/${prefixOf(wallet, prefixDigits)}.json`);
    const entries = z.record(z.string(), z.unknown()).parse(JSON.parse(shard ?? '{}'));
    if (!Object.hasOwn(entries, wallet)) return undefined;
    const { index, total, proof } = entrySchema.parse(entries[wallet]);
    return { wallet, epoch, index, total: BigInt(total), proof };
  };
}

function missingFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** The body of an answer; undefined where there is none. Throws what the server says is wrong. */
async function get(url: URL, ca?: string): Promise<string | undefined> {
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const sent = send(url, {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode === 200) return body;
  if (response.statusCode === notFound) return undefined;
  throw new Error(`${url.host} answered ${response.statusCode}`);
}
