import { errorText, type TransactionError } from '../chain/errors.ts';

/** What JSON-RPC answers in place of a result; codes and sentences are those of validators. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const parseError = () => new RpcError(-32700, 'Parse error');
export const invalidRequest = (why: string) => new RpcError(-32600, `Invalid request: ${why}`);
export const methodNotFound = () => new RpcError(-32601, 'Method not found');
export const invalidParams = (why: string) => new RpcError(-32602, `Invalid params: ${why}`);
export const overLimit = (why: string) => new RpcError(-32005, why);

/** The answer to a transaction whose signatures are wrong. */
export const signatureFailure = () =>
  new RpcError(-32003, 'Transaction signature verification failure');

/** The answer to a transaction that would fail. */
export function preflightFailure(
  error: TransactionError,
  { logs, units }: Readonly<{ logs: readonly string[]; units: number }> = { logs: [], units: 0 },
): RpcError {
  return new RpcError(-32002, `Transaction simulation failed: ${errorText(error)}`, {
    accounts: null,
    err: error,
    innerInstructions: null,
    logs,
    replacementBlockhash: null,
    returnData: null,
    unitsConsumed: units,
  });
}
