import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { refusalCounts, refusalWords } from './refusal-words.ts';
import './cloud.css';

/** Why data centres do not take it, in plain words, with what would help. */
export function Refusals({ refusals }: Pick<ClusterView, 'refusals'>) {
  return (
    <div>
      <h3>Why it does not fit</h3>
      <ul className="cl-refusals">
        {refusals.map(({ reason, members, devices }) => {
          const { text, help } = refusalWords(reason);
          return (
            <li key={reason}>
              <span>
                {text} <span className="cl-muted">({refusalCounts(members, devices)})</span>
              </span>
              {help !== undefined && <span className="cl-help">{help}</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
