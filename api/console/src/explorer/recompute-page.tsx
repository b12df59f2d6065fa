import { useSearch, useSetSearch } from '../app/navigation.ts';
import { CodeBlock } from '../design/copy.tsx';
import { Facts } from '../design/facts.tsx';
import { NumberField } from '../design/number-field.tsx';
import { Stack } from '../design/layout.tsx';
import { Link } from '../design/link.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import { EmptyState, Skeleton } from '../design/state.tsx';
import { Address, Count, Money } from '../design/values.tsx';
import { BundleFiles } from './bundle-files.tsx';
import { recipes } from './commands.ts';
import { useRoot } from './data.ts';
import { epochOf } from './epoch-facts.ts';
import { Hash } from './hash.tsx';
import { Known } from './known.tsx';
import { ioOfUnits } from './units.ts';
import { WalletCheck } from './wallet-check.tsx';
import './explorer.css';

export default function RecomputePage() {
  const asked = epochOf(useSearch()['epoch']);
  const setSearch = useSetSearch();
  const root = useRoot(asked ?? 'latest');
  return (
    <Stack gap={5}>
      <PageHeader
        title="Recompute it yourself"
        description={
          <>
            Do not believe the network: compute what it says again. Part of it this page does in
            your browser, the rest a few commands do on your machine.
          </>
        }
      />
      <div className="ex-form">
        <NumberField
          label="Epoch"
          description="Leave it empty for the newest one."
          value={asked}
          min={1}
          step={1}
          onChange={(epoch) =>
            setSearch({ epoch: epoch === undefined ? undefined : String(epoch) })
          }
        />
      </div>
      <Rewards root={root} />
      <ChainOfEpochs />
      <Commands epoch={asked ?? root.data?.epoch} />
      <Limits />
    </Stack>
  );
}

type RewardsProps = Readonly<{ root: ReturnType<typeof useRoot> }>;

function Rewards({ root }: RewardsProps) {
  return (
    <Section
      title="A wallet’s rewards, in this browser"
      description={
        <>
          A wallet’s total is a leaf of a Merkle tree, and its root is on the chain. From the total
          and the hashes of its proof this browser computes the root.
        </>
      }
    >
      <Stack gap={4}>
        <Known query={root} skeleton={<Skeleton lines={4} />} missing={<NoRoot />}>
          {(told) => (
            <>
              <Facts
                items={[
                  { label: 'Of epoch', value: <Count value={told.epoch} /> },
                  { label: 'Wallets', value: <Count value={told.leafCount} /> },
                  {
                    label: 'Their total',
                    value: <Money amount={ioOfUnits(told.total)} asset="IO" />,
                  },
                  {
                    label: 'Distributor on the chain',
                    value: <Address value={told.distributor} />,
                    hint: 'its account holds the root that claims are paid by',
                  },
                  {
                    label: 'Root, as this site tells it',
                    value: <Hash value={told.root} label="root" />,
                  },
                ]}
              />
              <WalletCheck epoch={told.epoch} />
            </>
          )}
        </Known>
      </Stack>
    </Section>
  );
}

function NoRoot() {
  return (
    <EmptyState title="There is no root of rewards for it">
      A root is built once rewards were shared and a wallet was proved; the newest epoch may be a
      few minutes away from it.
    </EmptyState>
  );
}

function ChainOfEpochs() {
  return (
    <Section title="The chain of epochs, in this browser">
      <p>
        The list of <Link to="/explorer/epochs">epochs</Link> computes each chain value from the one
        before it and the epoch’s digest, and says beside each whether it is right.
      </p>
    </Section>
  );
}

function Commands({ epoch }: Readonly<{ epoch: number | undefined }>) {
  return (
    <Section
      title="The bundle of an epoch"
      description={
        <>
          What anybody may have of an epoch, and nobody is named in: what was closed, what was
          emitted and by which rules, roots, and what the chain did.
        </>
      }
    >
      <Stack gap={4}>
        {epoch === undefined ? (
          <EmptyState title="No epoch has a bundle yet" />
        ) : (
          <BundleFiles epoch={epoch} withCommands />
        )}
        {recipes(epoch).map(({ title, who, code }) => (
          <div key={title} className="ex-recipe">
            <h3>{title}</h3>
            <p>{who}</p>
            <CodeBlock code={code} label="Commands" wrap />
          </div>
        ))}
      </Stack>
    </Section>
  );
}

function Limits() {
  return (
    <Section title="What a browser cannot check">
      <ul className="ex-list">
        <li>
          Whether the root above is the one on the chain: this page talks to this site alone.
          Compare it with the account of the distributor in a chain explorer or by your own node.
        </li>
        <li>
          Whether usage, prices and scores are right: that needs what renters paid and who owns
          which device, which is private. Auditors get it as a bundle and compute all of it again.
        </li>
        <li>
          Whether a device is what it says: that is what verification, stakes and cases are for.
        </li>
      </ul>
    </Section>
  );
}
