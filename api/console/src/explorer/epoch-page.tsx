import type { EpochView } from '../../../../operator/domain/views/public.ts';
import { useParams } from '../app/navigation.ts';
import { ButtonLink } from '../design/button.tsx';
import { Facts } from '../design/facts.tsx';
import { formatCount } from '../design/format.ts';
import { Row, Stack } from '../design/layout.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { EmptyState, Skeleton } from '../design/state.tsx';
import { Count, Money, Time } from '../design/values.tsx';
import { BundleFiles } from './bundle-files.tsx';
import { ChainBadge } from './chain-badge.tsx';
import { useEpoch } from './data.ts';
import { deviceHours, epochOf, shareText } from './epoch-facts.ts';
import { Hash } from './hash.tsx';
import { Known } from './known.tsx';
import { checkChain } from './verify/chain.ts';
import { sha256 } from './verify/sha256.ts';

export default function EpochPage() {
  const epoch = epochOf(useParams()['epoch']);
  const told = useEpoch(epoch);
  return (
    <Stack gap={5}>
      <PageHeader
        title={epoch === undefined ? 'Epoch' : `Epoch ${formatCount(epoch)}`}
        crumbs={[{ to: '/explorer/epochs', label: 'Epochs' }]}
        actions={epoch === undefined ? undefined : <Neighbours epoch={epoch} />}
      />
      {epoch === undefined ? (
        <EmptyState title="An epoch is a whole number from 1 on" />
      ) : (
        <Known query={told} skeleton={<Skeleton lines={8} />} missing={<NotClosed />}>
          {(view) => <Epoch view={view} />}
        </Known>
      )}
    </Stack>
  );
}

function NotClosed() {
  return (
    <EmptyState title="This epoch is not closed">
      It is closed once its hour is over and every data centre has reported.
    </EmptyState>
  );
}

function Neighbours({ epoch }: Readonly<{ epoch: number }>) {
  return (
    <Row gap={2}>
      {epoch > 1 && (
        <ButtonLink to={`/explorer/epochs/${epoch - 1}`} variant="quiet">
          Earlier
        </ButtonLink>
      )}
      <ButtonLink to={`/explorer/epochs/${epoch + 1}`} variant="quiet">
        Later
      </ButtonLink>
    </Row>
  );
}

function Epoch({ view }: Readonly<{ view: EpochView }>) {
  const { epoch } = view;
  return (
    <>
      <Facts
        items={[
          { label: 'Began', value: <Time at={view.startTime} /> },
          { label: 'Ended', value: <Time at={view.endTime} /> },
          { label: 'Closed', value: <Time at={view.closedAt} /> },
          { label: 'Leases that were charged', value: <Count value={view.leases} /> },
          { label: 'GPU hours', value: deviceHours(view.deviceSeconds) },
        ]}
      />
      <Rewards view={view} />
      <ChainSection view={view} />
      <Section
        title="Bundle"
        description="What anybody needs to compute the rewards of this epoch again."
        actions={
          <ButtonLink to={`/explorer/recompute?epoch=${epoch}`}>Recompute it yourself</ButtonLink>
        }
      >
        <BundleFiles epoch={epoch} />
      </Section>
    </>
  );
}

function Rewards({ view: { rewards } }: Readonly<{ view: EpochView }>) {
  return (
    <Section title="Block rewards">
      {rewards === undefined ? (
        <EmptyState title="Not shared yet">Rewards follow the close within minutes.</EmptyState>
      ) : (
        <Facts
          items={[
            { label: 'Emitted', value: <Money amount={rewards.emitted} asset="IO" /> },
            {
              label: 'Kept in the pool',
              value: <Money amount={rewards.undistributed} asset="IO" />,
              hint: 'where a pool had no device that could share it, and what rounding left',
            },
            { label: 'Shared by', value: shareText(rewards.devices, rewards.eligible) },
            {
              label: 'Digest of rewards',
              value: <Hash value={rewards.digest} label="digest of rewards" />,
            },
          ]}
        />
      )}
    </Section>
  );
}

/** Digest and chain, and what this browser comes to from the epoch before. */
function ChainSection({ view }: Readonly<{ view: EpochView }>) {
  const before = useEpoch(view.epoch > 1 ? view.epoch - 1 : undefined);
  const known = before.data === undefined ? [view] : [before.data, view];
  const verdict = checkChain(known, sha256).get(view.epoch);
  return (
    <Section
      title="Digest and chain"
      description={
        <>
          The digest covers every charge and transfer; the chain is the sha256 of the chain before
          and this digest.
        </>
      }
    >
      <Facts
        items={[
          { label: 'Digest', value: <Hash value={view.digest} label="digest" /> },
          { label: 'Chain', value: <Hash value={view.chain} label="chain" /> },
          {
            label: 'Computed in this browser',
            value: <ChainBadge verdict={verdict} />,
            hint: 'keep one chain value outside: it shows whether anything before it was changed',
          },
        ]}
      />
    </Section>
  );
}
