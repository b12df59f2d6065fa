import { z } from 'zod';
import { decodeBase58 } from '../chain/base58.ts';
import type { Chain } from '../chain/chain.ts';
import type { Commitment } from '../chain/chain-time.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

/** What methods answer from. */
export type Node = Readonly<{ chain: Chain }>;

/** A method of JSON-RPC; it may throw an RpcError. */
export type Method = (params: unknown, node: Node) => unknown;

const base58Bytes = (bytes: number, longest: number, what: string) =>
  z
    .string()
    .max(longest, `${what} is too long`)
    .refine(
      (text) => decodeBase58(text)?.length === bytes,
      `${what} is not ${bytes} bytes of base58`,
    );

export const address = base58Bytes(32, 44, 'address');
export const signature = base58Bytes(64, 88, 'signature');
export const slotNumber = z.number().int().min(0);
export const commitment = z.enum(['processed', 'confirmed', 'finalized']);
/** Of lamports: exact also above what a number holds. */
export const unsigned64 = z
  .union([z.number().int(), z.bigint()])
  .transform(BigInt)
  .refine((value) => value >= 0n && value < 2n ** 64n, 'is no unsigned integer of 64 bits');

/** What most reads may be told. */
export const readConfig = z.looseObject({
  commitment: commitment.nullish(),
  minContextSlot: slotNumber.nullish(),
});
type ReadConfig = Readonly<{
  commitment?: Commitment | null | undefined;
  minContextSlot?: number | null | undefined;
}>;

/** A method whose params are a list that fits a schema. */
export function method<Schema extends z.ZodType>(
  schema: Schema,
  run: (params: z.output<Schema>, node: Node) => unknown,
): Method {
  return (params, node) => {
    const read = schema.safeParse(params ?? []);
    if (read.success) return run(read.data, node);
    const [issue] = read.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw invalidParams(`${where}${issue?.message ?? 'not understood'}`);
  };
}

/** The commitment that a read asks for, once the chain is where the read wants it to be. */
export function commitmentOf({ chain }: Node, config: ReadConfig | null | undefined): Commitment {
  const asked = config?.commitment ?? 'finalized';
  const contextSlot = chain.time.slotAt(asked);
  if ((config?.minContextSlot ?? 0) > contextSlot) {
    throw new RpcError(-32016, 'Minimum context slot has not been reached', { contextSlot });
  }
  return asked;
}

/** History begins at `confirmed`: what is only processed may still vanish. */
export function historyCommitmentOf(node: Node, config: ReadConfig | null | undefined): Commitment {
  const asked = commitmentOf(node, config);
  if (asked !== 'processed') return asked;
  throw invalidParams('Method does not support commitment below `confirmed`');
}

export const apiVersion = '3.1.0';

/** A value with the slot that it is of. */
export function withContext<Value>({ chain }: Node, asked: Commitment, value: Value) {
  return { context: { apiVersion, slot: chain.time.slotAt(asked) }, value };
}
