import { Skeleton } from '../design/state.tsx';

/** Where a page will be as soon as its code is there. */
export function PageSkeleton() {
  return <Skeleton lines={6} height={24} label="The page is being loaded" />;
}
