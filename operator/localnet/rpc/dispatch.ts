import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { sleep } from '../../runtime/clock.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import { signatureOf } from '../chain/transaction.ts';
import type { Call, Fault, Faults } from '../faults.ts';
import { accountMethods } from './account-methods.ts';
import { clusterMethods } from './cluster-methods.ts';
import { parse } from './json.ts';
import { testMethods } from './test-methods.ts';
import type { Method, Node } from './params.ts';
import { invalidRequest, methodNotFound, overLimit, parseError, RpcError } from './rpc-error.ts';
import { expired, transactionMethods, transactionOf } from './transaction-methods.ts';

const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...clusterMethods, ...accountMethods, ...transactionMethods, ...testMethods }),
);

const request = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string().max(256), z.number(), z.bigint(), z.null()]).optional(),
  method: z.string().max(64),
  params: z.unknown().optional(),
});
type Request = z.output<typeof request>;

export type Answer = Readonly<{ jsonrpc: '2.0'; id: unknown; result?: unknown; error?: unknown }>;

/** A request that gets no answer of JSON-RPC. */
export type Broken = 'too-many-requests' | 'stall' | 'lose-answer';

export type DispatchOptions = Readonly<{
  node: Node;
  clock: Clock;
  logger: Logger;
  faults: Faults | undefined;
  maximumBatch: number;
}>;

/** Answers the text of a request, one call or a batch of them. */
export async function dispatch(
  text: string,
  options: DispatchOptions,
): Promise<Answer | readonly Answer[] | Broken | undefined> {
  let body: unknown;
  try {
    body = parse(text);
  } catch {
    return failure(null, parseError());
  }
  if (!Array.isArray(body)) return answerOne(body, options);
  if (body.length === 0) return failure(null, invalidRequest('the batch is empty'));
  if (body.length > options.maximumBatch) {
    return failure(null, overLimit(`a batch has at most ${options.maximumBatch} calls`));
  }
  const answers: Answer[] = [];
  for (const each of body) {
    const answer = await answerOne(each, options);
    if (typeof answer === 'string') return answer;
    if (answer !== undefined) answers.push(answer);
  }
  return answers.length === 0 ? undefined : answers;
}

async function answerOne(
  body: unknown,
  options: DispatchOptions,
): Promise<Answer | Broken | undefined> {
  const read = request.safeParse(body);
  if (!read.success) return failure(null, invalidRequest('not a call of JSON-RPC 2.0'));
  const call = read.data;
  const fault = options.faults?.({ method: call.method, params: call.params });
  if (fault?.kind === 'too-many-requests' || fault?.kind === 'stall') return fault.kind;
  if (fault?.kind === 'delay') await sleep(options.clock, fault.ms);
  const answer = await answerTo(call, fault, options);
  if (fault?.kind === 'lose-answer') return 'lose-answer';
  // A call without an id is a notification: nobody waits for its answer.
  return call.id === undefined ? undefined : answer;
}

async function answerTo(
  call: Request,
  fault: Fault | undefined,
  { node, logger }: DispatchOptions,
): Promise<Answer> {
  try {
    const found = methods.get(call.method);
    if (found === undefined) throw methodNotFound();
    const run = async (): Promise<unknown> => found(call.params, node);
    return success(call.id, await underFault(call, fault, run));
  } catch (error) {
    if (error instanceof RpcError) return failure(call.id, error);
    logger.error({ ...errorFields(error), method: call.method }, 'a call failed');
    return failure(call.id, new RpcError(-32603, 'Internal error'));
  }
}

async function underFault(
  call: Call,
  fault: Fault | undefined,
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (fault?.kind === 'error') throw new RpcError(fault.code, fault.message);
  if (fault?.kind === 'drop' && call.method === 'sendTransaction') return signatureOfCall(call);
  const result = await run();
  return fault?.kind === 'expired' ? lie(call, result) : result;
}

function signatureOfCall({ params }: Call): string {
  const [text, config] = params as [string, { encoding?: 'base58' | 'base64' } | undefined];
  return signatureOf(transactionOf(text, config?.encoding));
}

/** Answers as a node does that never saw what landed. */
function lie({ method }: Call, result: unknown): unknown {
  switch (method) {
    case 'sendTransaction':
      throw expired();
    case 'getSignatureStatuses': {
      const { context, value } = result as { context: unknown; value: readonly unknown[] };
      return { context, value: value.map(() => null) };
    }
    case 'isBlockhashValid':
      return { ...(result as object), value: false };
    case 'getTransaction':
      return null;
    default:
      return result;
  }
}

export function success(id: unknown, result: unknown): Answer {
  return { jsonrpc: '2.0', id: id ?? null, result };
}

export function failure(id: unknown, { code, message, data }: RpcError): Answer {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return { jsonrpc: '2.0', id: id ?? null, error };
}
