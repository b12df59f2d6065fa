import { useEffect } from 'react';
import { useGo, useSearch } from './navigation.ts';
import { returnPath } from './return-path.ts';
import { useSession } from './session.ts';
import SignIn from './sign-in.tsx';

/** The page for signing in; whoever is signed in goes on to where they came from. */
export default function SignInPage() {
  const { status } = useSession();
  const { returnTo } = useSearch();
  const go = useGo();
  useEffect(() => {
    if (status === 'signedIn') go(returnPath(returnTo), { replace: true });
  }, [status, returnTo, go]);
  return <SignIn title="Sign in" />;
}
