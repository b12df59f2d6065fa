import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { PageHeader } from '../design/page-header.tsx';
import { ErrorState } from '../design/state.tsx';

/** A page failed; the header stays, and the page can be tried again. */
export function RouteFault({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <>
      <PageHeader title="This page failed" />
      <ErrorState error={error} onRetry={again} />
    </>
  );
}
