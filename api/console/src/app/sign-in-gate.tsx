import { lazy, Suspense, type ReactNode } from 'react';
import { ErrorState } from '../design/state.tsx';
import { PageSkeleton } from './page-skeleton.tsx';
import { useSession } from './session.ts';

const SignIn = lazy(() => import('./sign-in.tsx'));

/** A page for who is signed in. Who is not signs in right here, and is then where they wanted to be. */
export function SignInGate({ children }: Readonly<{ children: ReactNode }>) {
  const { status, error, refetch } = useSession();
  if (status === 'signedIn') return children;
  if (status === 'anonymous') {
    return (
      <Suspense fallback={<PageSkeleton />}>
        <SignIn title="Sign in to see this page" />
      </Suspense>
    );
  }
  return error === null ? (
    <PageSkeleton />
  ) : (
    <ErrorState error={error} onRetry={() => void refetch()} />
  );
}
