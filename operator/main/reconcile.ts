import { createDrifts } from '../adapters/postgres/drifts.ts';
import { ConfigError, type ReconcileConfig } from '../config.ts';
import { instant } from '../domain/instant.ts';
import type { Account } from '../domain/ledger/journal.ts';
import { formatAmount } from '../domain/pricing/assets.ts';
import { planRepairs, type RepairPlan, type StandingDrift } from '../domain/settlement/drift.ts';
import { tellDrift } from '../domain/settlement/drift-condition.ts';
import { sha256 } from '../runtime/sha256.ts';
import { withDatabase } from './database.ts';

/**
 * `io-operator reconcile`: `plan` prints where ledger and chain differ, as the hub found it, and the
 * transfers that would bring the ledger to where the chain is; `approve` books exactly those.
 */
export async function runReconcile(config: ReconcileConfig): Promise<void> {
  const { action, plan: wanted, reason } = config;
  await withDatabase(config, async (database) => {
    const drifts = createDrifts(database);
    const plan = planRepairs(await drifts.standingDrifts());
    const planId = sha256(plan.text);
    if (action === 'plan') {
      process.stdout.write(planText(plan, planId));
      return;
    }
    if (wanted === undefined || reason === undefined) {
      throw new ConfigError('io-operator reconcile: --action=approve needs --plan and --reason');
    }
    const changed = `plan ${wanted} is not the one of now: print it again with --action=plan`;
    if (wanted !== planId || plan.moves.length === 0) throw new Error(changed);
    const nowSeconds = Math.floor(Date.now() / 1000);
    if (!(await drifts.approve({ ...plan, planId }, reason, nowSeconds))) throw new Error(changed);
    process.stdout.write(`${plan.moves.length} transfers of plan ${planId} are booked\n`);
  });
}

function planText({ drifts, moves, beyond }: RepairPlan, planId: string): string {
  if (drifts.length === 0) return 'ledger and chain agree\n';
  const found = drifts.map((drift) => `${driftText(drift)}\n`);
  const proposed = moves.map(
    ({ debit, credit, amount }) =>
      `  ${nameOf(debit)} -> ${nameOf(credit)}: ${formatAmount(amount, debit.asset)} ${debit.asset}\n`,
  );
  const rest = beyond.map((drift) => `  ${driftText(drift)}\n`);
  return [
    ...found,
    ...(moves.length === 0 ? [] : ['transfers that would repair the ledger:\n', ...proposed]),
    ...(rest.length === 0 ? [] : ['no transfer repairs these:\n', ...rest]),
    ...(moves.length === 0 ? [] : [`plan ${planId}\n`]),
  ].join('');
}

function driftText(drift: StandingDrift): string {
  const since = instant(drift.foundAtSeconds);
  const owner = drift.owner === '' ? '' : ` of ${drift.owner}`;
  return `${tellDrift(drift)}${owner}, since ${since}: ${drift.explanation}`;
}

const nameOf = ({ kind, owner }: Account): string => (owner === '' ? kind : `${kind} ${owner}`);
