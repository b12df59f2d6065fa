import type { CSSProperties, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import './layout.css';

type Gap = 1 | 2 | 3 | 4 | 5 | 6 | 7;

const gapOf = (gap: Gap): CSSProperties => ({ gap: `var(--s${gap})` });

/** Things beside one another, which wrap where there is no room. */
export function Row({
  gap = 3,
  align = 'center',
  justify = 'start',
  children,
}: Readonly<{
  gap?: Gap | undefined;
  align?: 'start' | 'center' | 'end' | 'baseline' | undefined;
  justify?: 'start' | 'between' | 'end' | undefined;
  children: ReactNode;
}>) {
  return (
    <div className={`row row-${align} row-justify-${justify}`} style={gapOf(gap)}>
      {children}
    </div>
  );
}

/** Things below one another. */
export function Stack({
  gap = 4,
  children,
}: Readonly<{ gap?: Gap | undefined; children: ReactNode }>) {
  return (
    <div className="stack" style={gapOf(gap)}>
      {children}
    </div>
  );
}

/** What is read, and beside it what is looked at; below one another on narrow screens. */
export function Split({
  children: [main, aside],
  asideFirst = false,
}: Readonly<{ children: readonly [ReactNode, ReactNode]; asideFirst?: boolean | undefined }>) {
  return (
    <div className={classNames('split', asideFirst && 'split-aside-first')}>
      <div className="split-main">{main}</div>
      <div className="split-aside">{aside}</div>
    </div>
  );
}
