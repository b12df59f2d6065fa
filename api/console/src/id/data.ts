import type { AccountView } from '../../../../operator/domain/views/types.ts';
import type { Answer } from '../client/typed.ts';
import { useApi, useApiPages } from '../client/use-api.ts';
import type { Withdrawal } from './withdrawal-state.ts';

/** One side of a transfer as the account sees it. */
export type LedgerRow = Answer<'LedgerLine'>;
/** A month of the account in one asset. */
export type SeriesRow = Answer<'AccountMonth'>;

/** The account that a page is about, by its two names. */
export type AccountRef = Readonly<{ namespace: string; name: string }>;

export const accountPath = (namespace: string, name: string): string =>
  `/accounts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

export const useAccountView = ({ namespace, name }: AccountRef) =>
  useApi<AccountView>(['account', namespace, name], accountPath(namespace, name));

/** The account of a key such as `namespace/name`, while it is known. */
export function useAccountOf(key: string | undefined): AccountView | undefined {
  const [namespace = '', name = ''] = key?.split('/') ?? [];
  const enabled = namespace !== '' && name !== '';
  const path = accountPath(namespace, name);
  return useApi<AccountView>(['account', namespace, name], path, { enabled }).data;
}

export const useLedger = ({ namespace, name }: AccountRef) =>
  useApiPages<LedgerRow>(
    ['account', namespace, name, 'ledger'],
    `${accountPath(namespace, name)}/ledger`,
  );

export const useSeries = ({ namespace, name }: AccountRef, months: number) =>
  useApi<Readonly<{ items: readonly SeriesRow[] }>>(
    ['account', namespace, name, 'series'],
    `${accountPath(namespace, name)}/series`,
    { query: { months } },
  );

/** Looked at again while a withdrawal is on its way, since no event tells of it. */
export const useWithdrawals = ({ namespace, name }: AccountRef) =>
  useApi<Readonly<{ items: readonly Withdrawal[] }>>(
    ['account', namespace, name, 'withdrawals'],
    `${accountPath(namespace, name)}/withdrawals`,
    { refetchMs: 5_000 },
  );
