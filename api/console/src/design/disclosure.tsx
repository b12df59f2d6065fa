import type { ReactNode } from 'react';
import './disclosure.css';

/** What only some want to read. The browser's own element: it is found by searching in the page. */
export function Disclosure({
  title,
  children,
  isOpen = false,
}: Readonly<{ title: string; children: ReactNode; isOpen?: boolean | undefined }>) {
  return (
    <details className="disclosure" open={isOpen}>
      <summary className="disclosure-title">{title}</summary>
      <div className="disclosure-body">{children}</div>
    </details>
  );
}
