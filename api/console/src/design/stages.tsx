import type { ReactNode } from 'react';
import { Mark } from './mark.tsx';
import { Time } from './values.tsx';
import './stages.css';

export type StageState = 'done' | 'current' | 'todo' | 'failed' | 'skipped';

export type Stage = Readonly<{
  id: string;
  label: string;
  state: StageState;
  detail?: ReactNode;
  /** Since when, as RFC 3339. */
  time?: string | undefined;
}>;

const words: Readonly<Record<StageState, string>> = {
  done: 'done',
  current: 'now',
  todo: 'not yet',
  failed: 'stopped here',
  skipped: 'not needed',
};

const marks = {
  done: 'tick',
  current: 'dot',
  todo: undefined,
  failed: 'bang',
  skipped: 'dash',
} as const;

/** Steps in their order, and how far it got. */
export function Stages({ label, stages }: Readonly<{ label: string; stages: readonly Stage[] }>) {
  return (
    <ol className="stages" aria-label={label}>
      {stages.map((stage) => (
        <StageItem key={stage.id} stage={stage} />
      ))}
    </ol>
  );
}

function StageItem({ stage }: Readonly<{ stage: Stage }>) {
  const { label, state, detail, time } = stage;
  const mark = marks[state];
  const isHere = state === 'current' || state === 'failed';
  return (
    <li className={`stage stage-${state}`} {...(isHere ? { 'aria-current': 'step' as const } : {})}>
      <span className="stage-mark" aria-hidden="true">
        {mark !== undefined && <Mark sign={mark} />}
      </span>
      <div className="stage-text">
        <p className="stage-label">
          {label} <span className="stage-state">{words[state]}</span>
        </p>
        {detail !== undefined && detail !== '' && <div className="stage-detail">{detail}</div>}
        {time !== undefined && state !== 'todo' && state !== 'skipped' && (
          <p className="stage-time">
            since <Time at={time} />
          </p>
        )}
      </div>
    </li>
  );
}
