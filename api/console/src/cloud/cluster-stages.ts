import type { ClusterView, ConditionView } from '../../../../operator/domain/views/types.ts';
import type { Stage, StageState } from '../design/stages.tsx';

type Staged = Pick<ClusterView, 'conditions' | 'phase' | 'queuePosition'>;

/** Conditions in the order in which a cluster goes through them, in words of a renter. */
const steps: readonly Readonly<{ type: string; label: string; optional?: true }>[] = [
  { type: 'Valid', label: 'Checked' },
  { type: 'Quoted', label: 'Priced', optional: true },
  { type: 'Funded', label: 'Money held', optional: true },
  { type: 'Admitted', label: 'GPUs found' },
  { type: 'Placed', label: 'Leased in a data centre' },
  { type: 'Provisioned', label: 'Set up' },
  { type: 'Ready', label: 'Head and workers ready' },
];

/** Reasons after which nothing goes on until somebody changes something. */
const stops: ReadonlySet<string> = new Set([
  'Invalid',
  'AccountNotFound',
  'AccountRequired',
  'PriorityClassNotFound',
  'InsufficientFunds',
  'BudgetExhausted',
  'OverBudget',
  'NoMatchingDevices',
  'QuotaExceeded',
  'PriceUnknown',
]);

/**
 * How far a cluster has come: what is true is done, the first that is not is where it stands, all
 * after that is still to come.
 */
export function clusterStages(view: Staged): readonly Stage[] {
  const byType = new Map(view.conditions.map((condition) => [condition.type, condition]));
  const known = steps.filter(({ type, optional }) => optional !== true || byType.has(type));
  const ended = view.phase === 'Ended' || view.phase === 'Suspended' || view.phase === 'Ending';
  const firstOpen = known.findIndex(({ type }) => byType.get(type)?.status !== 'True');
  const stages = known.map(({ type, label }, at): Stage => {
    const condition = byType.get(type);
    const state = stateOf(condition, at === firstOpen, ended);
    return {
      id: type,
      label,
      state,
      ...detailOf(condition, state, type === 'Admitted' ? view.queuePosition : undefined),
      ...(condition === undefined ? {} : { time: condition.lastTransitionTime }),
    };
  });
  const last = endOf(view, byType);
  return last === undefined ? stages : [...stages, last];
}

function stateOf(
  condition: ConditionView | undefined,
  isFirstOpen: boolean,
  ended: boolean,
): StageState {
  if (condition?.status === 'True') return 'done';
  if (ended) return 'skipped';
  if (!isFirstOpen) return 'todo';
  return condition !== undefined && stops.has(condition.reason) ? 'failed' : 'current';
}

function detailOf(
  condition: ConditionView | undefined,
  state: StageState,
  queuePosition: number | undefined,
): Pick<Stage, 'detail'> {
  if (state !== 'current' && state !== 'failed') return {};
  const place = queuePosition === undefined ? '' : `Number ${queuePosition} of those that wait. `;
  const detail = `${place}${condition?.message ?? ''}`.trim();
  return detail === '' ? {} : { detail };
}

function endOf({ phase }: Staged, byType: ReadonlyMap<string, ConditionView>): Stage | undefined {
  const finished = byType.get('Finished');
  if (phase === 'Ended' || phase === 'Ending') {
    return {
      id: 'Finished',
      label: phase === 'Ending' ? 'Is being ended' : 'Ended',
      state: phase === 'Ending' ? 'current' : 'done',
      ...(finished === undefined
        ? {}
        : { detail: finished.message, time: finished.lastTransitionTime }),
    };
  }
  return phase === 'Suspended'
    ? { id: 'Suspended', label: 'Suspended: it holds no GPUs and costs nothing', state: 'current' }
    : undefined;
}
