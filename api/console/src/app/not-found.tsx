import { ButtonLink } from '../design/button.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { EmptyState } from '../design/state.tsx';

/** No page has this address. */
export function NotFound() {
  return (
    <>
      <PageHeader title="Not here" />
      <EmptyState
        title="There is no page at this address"
        action={<ButtonLink to="/">Go to the start</ButtonLink>}
      >
        <p>It may have been moved, or the link has lost a part on its way.</p>
      </EmptyState>
    </>
  );
}
