import type { OperationKind } from '../../domain/settlement/types.ts';
import { closeOperation } from './close-operation.ts';
import { finalizeBurn } from './finalize-burn.ts';
import type { OperationHandler } from './index.ts';
import { openCase } from './open-case.ts';
import { payOut } from './pay-out.ts';
import { publishRoot } from './publish-root.ts';
import { resolveCase } from './resolve-case.ts';

const handlers: readonly OperationHandler[] = [
  publishRoot,
  payOut,
  closeOperation,
  openCase,
  finalizeBurn,
  resolveCase,
];

/** The kinds of operations that this version can send. */
export const operationHandlers: ReadonlyMap<OperationKind, OperationHandler> = new Map(
  handlers.map((handler) => [handler.kind, handler]),
);
