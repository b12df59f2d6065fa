import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from './link.tsx';
import './page-header.css';

type Crumb = Readonly<{ to: string; label: string }>;

type PageHeaderProps = Readonly<{
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  crumbs?: readonly Crumb[] | undefined;
  /** Beside the title, such as a state. */
  mark?: ReactNode;
}>;

/** Pages that were shown before; the first one leaves the focus where the browser put it. */
let shown = 0;

/** The head of a page. It names the document, and takes the focus when one page follows another. */
export function PageHeader({ title, description, actions, crumbs = [], mark }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · io`;
  }, [title]);
  useEffect(() => {
    shown += 1;
    if (shown > 1) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <header className="page-header">
      {crumbs.length > 0 && <Crumbs crumbs={crumbs} />}
      <div className="page-header-row">
        <div className="page-header-title">
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
          {mark}
        </div>
        {actions !== undefined && <div className="page-header-actions">{actions}</div>}
      </div>
      {description !== undefined && <p className="page-header-description">{description}</p>}
    </header>
  );
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Where you are">
      <ol className="crumbs">
        {crumbs.map(({ to, label }) => (
          <li key={to}>
            <Link to={to}>
              <bdi>{label}</bdi>
            </Link>
            <span aria-hidden="true"> /</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}

type SectionProps = Readonly<{
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}>;

/** A part of a page. */
export function Section({ title, description, actions, children }: SectionProps) {
  return (
    <section className="section">
      <header className="section-head">
        <div>
          <h2>{title}</h2>
          {description !== undefined && <p className="section-description">{description}</p>}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}
