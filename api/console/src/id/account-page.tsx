import type { ReactNode } from 'react';
import { useAccount } from '../app/session.ts';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState } from '../design/state.tsx';
import type { AccountRef } from './data.ts';
import './id.css';

type AccountPageProps = Readonly<{
  title: string;
  description?: string;
  actions?: ReactNode;
  crumbs?: readonly Readonly<{ to: string; label: string }>[];
  children: (account: AccountRef) => ReactNode;
}>;

/** A page about the account that is chosen in the header. */
export function AccountPage({ children, ...head }: AccountPageProps) {
  const [account] = useAccount();
  return (
    <>
      <PageHeader {...head} />
      {account === undefined ? (
        <EmptyState title="No account is chosen">
          Choose an account in the header. If there is none, an IOAccount has to be made in your
          namespace first, and you need the right to see it.
        </EmptyState>
      ) : (
        children(account)
      )}
    </>
  );
}
