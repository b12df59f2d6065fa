import { lazy, Suspense, useState, type FormEvent } from 'react';
import { apiUrl } from '../client/fetch.ts';
import { queryText } from '../client/query-text.ts';
import { Button } from '../design/button.tsx';
import { Card, Cards } from '../design/card.tsx';
import { TextField } from '../design/fields.tsx';
import { Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { ErrorState, Notice, Skeleton } from '../design/state.tsx';
import { hrefOf, usePath, useSearch } from './navigation.ts';
import { returnPath } from './return-path.ts';
import { expectCookie, signInWithToken, useSignedIn, useSite, type SiteInfo } from './session.ts';

const WalletSignIn = lazy(() => import('../wallet/wallet-sign-in.tsx'));

/** The ways to sign in that this installation has. */
export default function SignIn({ title }: Readonly<{ title: string }>) {
  const site = useSite();
  const signedIn = useSignedIn();
  return (
    <>
      <PageHeader
        title={title}
        description="What you may see and do is decided by your rights on the hub, whichever way you sign in."
      />
      <SignInProblem />
      <Cards min="20rem">
        {site?.walletSignIn === true && (
          <Card title="With your wallet">
            <Suspense fallback={<Skeleton lines={2} />}>
              <WalletSignIn onSignedIn={() => void signedIn()} />
            </Suspense>
          </Card>
        )}
        {site?.oidc !== undefined && <OidcCard oidc={site.oidc} />}
        <Card title="With a token">
          <TokenForm onSignedIn={signedIn} />
        </Card>
      </Cards>
    </>
  );
}

const problems: Readonly<Record<string, string>> = {
  SignInExpired: 'It took too long, or was begun in another window. Sign in once more.',
  SignInRefused: 'Your provider did not sign you in, or this network does not take who it says.',
  ProviderUnavailable: 'Your provider does not answer just now. Try it again in a moment.',
};

/** What went wrong at the provider, who sends people back here then. */
function SignInProblem() {
  const { problem } = useSearch();
  const text = problem !== undefined && Object.hasOwn(problems, problem) && problems[problem];
  if (typeof text !== 'string') return undefined;
  return (
    <div className="sign-in-problem">
      <Notice tone="bad" title="You are not signed in">
        <p>{text}</p>
      </Notice>
    </div>
  );
}

function OidcCard({ oidc }: Readonly<{ oidc: NonNullable<SiteInfo['oidc']> }>) {
  const path = usePath();
  const search = useSearch();
  const returnTo = hrefOf(
    path === '/sign-in' ? returnPath(search['returnTo']) : `${path}${queryText(search)}`,
  );
  return (
    <Card title={`With ${oidc.name}`}>
      <Stack>
        <p>You are sent to {oidc.name} and come back signed in.</p>
        <Button
          variant="primary"
          onPress={() => {
            expectCookie();
            location.assign(apiUrl('/session/oidc/login', { returnTo }));
          }}
        >
          Sign in with {oidc.name}
        </Button>
      </Stack>
    </Card>
  );
}

function TokenForm({ onSignedIn }: Readonly<{ onSignedIn: () => Promise<void> }>) {
  const [token, setToken] = useState('');
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (): Promise<void> => {
    setPending(true);
    setError(undefined);
    try {
      await signInWithToken(token.trim());
      await onSignedIn();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setPending(false);
    }
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim() !== '') void submit();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <TextField
          label="Kubernetes token"
          type="password"
          value={token}
          onChange={setToken}
          maxLength={16_384}
          description="Made by: kubectl create token NAME. It stays in this tab and is gone when you reload it."
        />
        {error !== undefined && <ErrorState error={error} title="This token is not accepted" />}
        <Button type="submit" variant="primary" isPending={isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
