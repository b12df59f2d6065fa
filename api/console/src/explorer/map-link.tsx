import type { MouseEvent, ReactNode } from 'react';
import { hrefOf, pathOf, useGo } from '../app/navigation.ts';

type MapLinkProps = Readonly<{ country: string; label: string; children: ReactNode }>;

/**
 * A country of the map that can be opened, by pointer or by key. Not the Link of the design system:
 * that asks an HTML link where it leads to, and a link within SVG answers otherwise.
 */
export function MapLink({ country, label, children }: MapLinkProps) {
  const go = useGo();
  const to = pathOf('explorer', 'countries', country);
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a className="ex-map-link" href={hrefOf(to)} aria-label={label} onClick={follow}>
      <title>{label}</title>
      {children}
    </a>
  );
}
