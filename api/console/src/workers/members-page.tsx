import { ButtonLink } from '../design/button.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { useAccountKey, useMembers } from './data.ts';
import { MemberTable } from './member-table.tsx';

/** All data centres of the account, or of everybody who may be seen. */
export default function MembersPage() {
  const members = useMembers(useAccountKey());
  return (
    <>
      <PageHeader
        title="Data centres"
        description="Clusters that joined, with what they offer and whether renters can have it."
        actions={
          <ButtonLink to="/workers/join" variant="primary">
            Join with a data centre
          </ButtonLink>
        }
      />
      <MemberTable members={members} />
    </>
  );
}
