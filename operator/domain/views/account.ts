import type { IOAccount, IOSlashCase } from '../../../crds/schema/index.ts';
import { formatAmount } from '../pricing/assets.ts';
import { conditionViews } from './conditions.ts';
import type { AccountView, CaseView } from './types.ts';

/** An IOAccount but for what the ledger alone knows of it. */
export function accountView({
  metadata,
  spec,
  status,
}: IOAccount): Omit<AccountView, 'balances' | 'walletProved'> {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    kind: spec.kind,
    displayName: spec.displayName,
    wallet: spec.wallet,
    createdAt: metadata.creationTimestamp ?? '',
    devicesInUse: status?.devicesInUse ?? 0,
    maxDevices: spec.quota?.maxDevices,
    deposit: depositOf(status?.deposit),
  };
}

type Deposit = NonNullable<IOAccount['status']>['deposit'];

function depositOf(deposit: Deposit): AccountView['deposit'] {
  if (deposit === undefined) return undefined;
  return {
    reference: deposit.reference,
    accounts: deposit.accounts.map(({ asset, address }) => ({ asset, address })),
  };
}

/** An IOSlashCase as the accused sees it; `account` is that of the member whose device it is. */
export function caseView(
  { metadata, spec, status }: IOSlashCase,
  member: string,
  account: string | undefined,
): CaseView {
  const { chain, appeal, outcome } = status ?? {};
  // Of a smaller stake all of it is at risk, which only the chain tells.
  const amount = chain?.amountBaseUnits ?? spec.amountBaseUnits;
  return {
    member,
    name: metadata.name,
    account,
    device: spec.deviceRef.name,
    reason: spec.reason,
    evidenceSha256: spec.evidence.sha256,
    evidenceUrl: spec.evidence.url,
    amount: formatAmount(BigInt(amount), 'IO'),
    conditions: conditionViews(status?.conditions),
    createdAt: metadata.creationTimestamp ?? '',
    chainAddress: chain?.address,
    owner: chain?.owner,
    openedAt: chain?.openedTime,
    appealDeadline: chain?.deadlineTime,
    appeal: appeal === undefined ? undefined : { time: appeal.time, statement: appeal.statement },
    outcome:
      outcome === undefined
        ? undefined
        : { decision: outcome.decision, time: outcome.time, statement: outcome.statement },
  };
}
