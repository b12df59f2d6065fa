import type { ComponentType } from 'react';

/** A page of a product. Paths are below /console/, parts with a $ are parameters. */
export type Page = Readonly<{
  path: string;
  title: string;
  load: () => Promise<{ default: ComponentType }>;
  /** Whether one has to be signed in to see it. */
  signedIn?: boolean | undefined;
}>;

/** A line of a product's own navigation. */
export type NavItem = Readonly<{ to: string; label: string }>;
