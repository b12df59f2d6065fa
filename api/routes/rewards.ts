import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { BuiltRoot, RewardProof } from '../../operator/domain/settlement/roots.ts';
import type { RewardProofs } from '../../operator/ports/reward-roots.ts';
import { Problem } from '../problem.ts';

const epochSchema = z.coerce.number().int().min(1).max(2_000_000_000);
const walletSchema = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
/** What belongs to an epoch never changes. */
const forEver = 'public, max-age=31536000, immutable';
const config = { access: 'public' } as const;
const rootSchema = { tags: ['rewards'], summary: 'The root of an epoch, or the `latest`' };
const proofSchema = {
  tags: ['rewards'],
  summary: 'With it a wallet claims; `?epoch=` names a root',
};
/** The newest root is another one each hour. */
const soonOther = 'public, max-age=30';

/**
 * `GET /v1/rewards/epochs/:epoch/root` (or `latest`) and `GET /v1/rewards/proofs/:wallet?epoch=`: what
 * anybody needs to check a root and to claim by it. They are public, since the chain has all of it.
 */
export function addRewardRoutes(server: FastifyInstance, rewards: RewardProofs): void {
  server.get(
    '/v1/rewards/epochs/:epoch/root',
    { config, schema: rootSchema },
    async (request, reply) => {
      const { epoch } = request.params as { epoch: string };
      const root = await rootOf(rewards, epoch === 'latest' ? undefined : epoch);
      if (notModified(request, reply, root, epoch !== 'latest')) return reply;
      return rootBody(root);
    },
  );

  server.get(
    '/v1/rewards/proofs/:wallet',
    { config, schema: proofSchema },
    async (request, reply) => {
      const { wallet } = request.params as { wallet: string };
      const { epoch } = request.query as { epoch?: unknown };
      if (!walletSchema.safeParse(wallet).success) {
        throw new Problem(400, 'ValidationFailed', 'the path names no address in base58');
      }
      const root = await rootOf(rewards, epoch);
      const proof = await rewards.proof(wallet, root.epoch);
      if (proof === undefined) {
        const text = `the root of epoch ${root.epoch} has no rewards of ${wallet}`;
        throw new Problem(404, 'WalletNotFound', text);
      }
      if (notModified(request, reply, root, epoch !== undefined)) return reply;
      return { ...proofBody(proof), root: rootBody(root) };
    },
  );
}

/** The root of an epoch, or the newest one. */
async function rootOf(rewards: RewardProofs, epoch: unknown): Promise<BuiltRoot> {
  const read = epochSchema.optional().safeParse(epoch);
  if (!read.success) {
    throw new Problem(400, 'ValidationFailed', 'epoch has to be a whole number from 1 on');
  }
  const root = await rewards.root(read.data);
  if (root !== undefined) return root;
  const which = read.data === undefined ? 'any epoch' : `epoch ${read.data}`;
  throw new Problem(404, 'RootNotFound', `no root was built for ${which}; ask for the latest one`);
}

/** Whether the caller has it already, which is then the answer. */
function notModified(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { epoch, root }: BuiltRoot,
  isOfEpoch: boolean,
): boolean {
  const tag = `"${epoch}-${root}"`;
  reply.header('etag', tag).header('cache-control', isOfEpoch ? forEver : soonOther);
  const known = (headers['if-none-match'] ?? '').split(',').map((each) => each.trim());
  if (!known.includes(tag)) return false;
  reply.code(304).send();
  return true;
}

/** Amounts are texts: they exceed what a number of JSON is read as. */
const rootBody = (root: BuiltRoot) => ({ ...root, total: String(root.total) });
const proofBody = (proof: RewardProof) => ({ ...proof, total: String(proof.total) });
