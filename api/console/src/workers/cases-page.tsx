import { PageHeader } from '../design/page-header.tsx';
import { EmptyState, Loaded, Skeleton } from '../design/state.tsx';
import { CaseTable } from './case-table.tsx';
import { useAccountKey, useCases } from './data.ts';

/** All cases against devices of the account. */
export default function CasesPage() {
  const account = useAccountKey();
  const cases = useCases(account === undefined ? {} : { account });
  return (
    <>
      <PageHeader
        title="Cases"
        description="Accusations against devices, with the stake at risk and the time to appeal."
      />
      <Loaded
        query={cases}
        skeleton={<Skeleton lines={5} />}
        empty={() => cases.items.length === 0}
        whenEmpty={
          <EmptyState title="No cases">Nobody has accused a device of this account.</EmptyState>
        }
      >
        {() => (
          <CaseTable
            cases={cases.items}
            hasMore={cases.hasMore}
            loadMore={cases.loadMore}
            isLoadingMore={cases.isLoadingMore}
          />
        )}
      </Loaded>
    </>
  );
}
