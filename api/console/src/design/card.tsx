import type { ReactNode } from 'react';
import { Link } from './link.tsx';
import './card.css';

type CardProps = Readonly<{
  title?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
}>;

/** Things that belong together. */
export function Card({ title, actions, footer, children }: CardProps) {
  return (
    <section className="card">
      {(title !== undefined || actions !== undefined) && (
        <header className="card-head">
          {title !== undefined && <h2 className="card-title">{title}</h2>}
          {actions}
        </header>
      )}
      <div className="card-body">{children}</div>
      {footer !== undefined && <footer className="card-foot">{footer}</footer>}
    </section>
  );
}

/** Cards beside one another, as many as there is room for. */
export function Cards({
  min = '16rem',
  children,
}: Readonly<{ min?: string | undefined; children: ReactNode }>) {
  return (
    <div
      className="cards"
      style={{ gridTemplateColumns: `repeat(auto-fill, minmax(min(100%, ${min}), 1fr))` }}
    >
      {children}
    </div>
  );
}

type StatProps = Readonly<{
  label: string;
  value: ReactNode;
  hint?: ReactNode;
  to?: string | undefined;
}>;

/** One figure. Inside of Stats. */
export function Stat({ label, value, hint, to }: StatProps) {
  return (
    <div className="stat">
      <dt className="stat-label">{to === undefined ? label : <Link to={to}>{label}</Link>}</dt>
      <dd className="stat-value">{value}</dd>
      {hint !== undefined && <dd className="stat-hint">{hint}</dd>}
    </div>
  );
}

/** Figures beside one another. */
export function Stats({ children }: Readonly<{ children: ReactNode }>) {
  return <dl className="stats">{children}</dl>;
}
