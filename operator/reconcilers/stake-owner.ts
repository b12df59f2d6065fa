import type { IOAccount, IOMember } from '../../crds/schema/index.ts';
import type { StakeOwner } from '../domain/settlement/stake.ts';
import type { WatchedInformer } from '../runtime/informer.ts';
import { isConditionTrue } from '../runtime/status.ts';

/** Whose stake counts for the devices of a member: the proven wallet of the account that it names. */
export function stakeOwner(
  member: string,
  informers: Readonly<{
    members: WatchedInformer<IOMember>;
    accounts: WatchedInformer<IOAccount>;
  }>,
): StakeOwner {
  const missing = (message: string): StakeOwner => ({ kind: 'Missing', message });
  const ref = informers.members.cache.get(member)?.spec.accountRef;
  if (ref === undefined) {
    return missing(
      `IOMember ${member} names no account whose wallet could stake: spec.accountRef.`,
    );
  }
  const key = `${ref.namespace}/${ref.name}`;
  const account = informers.accounts.cache.get(key);
  if (account === undefined) return missing(`There is no IOAccount ${key}.`);
  const { wallet } = account.spec;
  if (wallet === undefined) return missing(`IOAccount ${key} has no wallet: spec.wallet.`);
  if (!isConditionTrue(account.status?.conditions, 'WalletProved')) {
    return missing(`The wallet of IOAccount ${key} is not proved; see its condition WalletProved.`);
  }
  return { kind: 'Proved', wallet };
}

/** `namespace/name` of the account that a member names, as an index of IOMembers. */
export function accountOfMember({ spec }: IOMember): readonly string[] {
  return spec.accountRef === undefined
    ? []
    : [`${spec.accountRef.namespace}/${spec.accountRef.name}`];
}
