import type { ReactNode } from 'react';
import { Link as AriaLink } from 'react-aria-components';

/** A link to a page of the console. */
export function Link({
  to,
  children,
  className = 'link',
}: Readonly<{ to: string; children: ReactNode; className?: string | undefined }>) {
  return (
    <AriaLink href={to} className={className}>
      {children}
    </AriaLink>
  );
}

/** A link out of the console, which tells the other site nothing of where it came from. */
export function ExternalLink({ href, children }: Readonly<{ href: string; children: ReactNode }>) {
  const safe = /^https?:\/\//i.test(href) ? href : undefined;
  return (
    <a className="link" href={safe} rel="noopener noreferrer" referrerPolicy="no-referrer">
      {children}
    </a>
  );
}
