import type { ReactNode } from 'react';
import { EmptyState } from '../design/state.tsx';
import { useAccountKey } from './data.ts';

/** Shows what belongs to the account chosen in the header, or says that one has to be chosen. */
export function AccountGate({ children }: Readonly<{ children: (account: string) => ReactNode }>) {
  const account = useAccountKey();
  if (account !== undefined) return children(account);
  return (
    <EmptyState title="No account is chosen">
      Choose the account that earns in the header. If there is none, an IOAccount has to be made in
      your namespace first, and you need the right to see it.
    </EmptyState>
  );
}
