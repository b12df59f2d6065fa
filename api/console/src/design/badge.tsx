import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import type { Tone } from './tone.ts';
import './badge.css';

/** A word in a coloured field. The word says it; the colour only repeats it. */
export function Badge({
  tone = 'neutral',
  children,
}: Readonly<{ tone?: Tone | undefined; children: ReactNode }>) {
  return <span className={`badge tone-${tone}`}>{children}</span>;
}

/** A state with a dot before it. */
export function StatusDot({
  tone = 'neutral',
  pulse = false,
  children,
}: Readonly<{ tone?: Tone | undefined; pulse?: boolean | undefined; children: ReactNode }>) {
  return (
    <span className="status">
      <span className={classNames('status-dot', `dot-${tone}`, pulse && 'status-pulse')} />
      <span className="status-text">{children}</span>
    </span>
  );
}
