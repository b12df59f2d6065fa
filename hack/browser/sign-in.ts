import type { Visit } from './visit.ts';

/** Signs in as tools do: pastes a token, which the page keeps in memory only. */
export async function signInByToken({ page, go }: Visit, token: string): Promise<void> {
  await go('/sign-in');
  const form = page.getByRole('main');
  await form.getByLabel('Kubernetes token').fill(token);
  await form.getByRole('button', { name: 'Sign in', exact: true }).click();
  await isSignedIn(page);
}

/** Signs in with a wallet of the page, which has to approve. */
export async function signInByWallet({ page, go }: Visit): Promise<void> {
  await go('/sign-in');
  await page
    .getByRole('main')
    .getByRole('button', { name: /test wallet/i })
    .click();
  await isSignedIn(page);
}

const isSignedIn = (page: Visit['page']): Promise<void> =>
  page.getByRole('button', { name: /account and sign-out/i }).waitFor();
