import { Counter, Gauge, type Registry } from 'prom-client';
import type { RpcMetrics, SettlementMetrics } from '../../ports/settlement-metrics.ts';

/** What a process measures of the RPC nodes that it asks. */
export function rpcMetrics(registry: Registry): RpcMetrics {
  const calls = new Counter({
    name: 'io_solana_rpc_calls_total',
    help: 'Calls to RPC nodes, by what came of them.',
    labelNames: ['node', 'outcome'],
    registers: [registry],
  });
  return { rpcCall: (node, outcome) => calls.inc({ node, outcome }) };
}

/** What a process measures of the chain and of what it does there. */
export function settlementMetrics(registry: Registry): SettlementMetrics {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const pending = gauge('io_chain_operations_pending', 'Operations that are not done.', ['kind']);
  const oldest = gauge(
    'io_chain_operations_oldest_seconds',
    'Age of the oldest operation that is not done.',
    ['kind'],
  );
  const ended = counter('io_chain_operations_total', 'Operations that ended, by how.', [
    'kind',
    'state',
  ]);
  const sent = counter(
    'io_chain_transactions_sent_total',
    'Transactions handed to RPC nodes, the first time or again.',
    ['kind', 'again'],
  );
  const lamports = gauge(
    'io_chain_signer_lamports',
    'What the key of a role has for fees and rent.',
    ['role'],
  );
  return {
    ...rpcMetrics(registry),
    operationsPending(kinds) {
      pending.reset();
      oldest.reset();
      for (const { kind, count, oldestSeconds } of kinds) {
        pending.set({ kind }, count);
        oldest.set({ kind }, oldestSeconds);
      }
    },
    operationEnded: (kind, state) => ended.inc({ kind, state }),
    transactionSent: (kind, again) => sent.inc({ kind, again: String(again) }),
    signerLamports: (role, amount) => lamports.set({ role }, Number(amount)),
  };
}
