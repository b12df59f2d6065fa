import { useAction } from '../client/use-api.ts';
import { apiText } from '../client/fetch.ts';
import { Badge } from '../design/badge.tsx';
import { Button } from '../design/button.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Facts } from '../design/facts.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Notice, Skeleton } from '../design/state.tsx';
import { Bytes, Name } from '../design/values.tsx';
import { useBundle } from './data.ts';
import { Hash } from './hash.tsx';
import { Known } from './known.tsx';
import {
  type BundleCheck,
  type BundleManifest,
  checkBundle,
  maxBundleBytes,
} from './verify/bundle.ts';
import { sha256 } from './verify/sha256.ts';

type BundleProps = Readonly<{ epoch: number; withCommands?: boolean }>;

/** An epoch's public bundle: its hash, its files, and what this browser comes to. */
export function BundleFiles({ epoch, withCommands = false }: BundleProps) {
  const bundle = useBundle(epoch);
  return (
    <Known
      query={bundle}
      skeleton={<Skeleton lines={4} />}
      missing={<EmptyState title="This epoch is not closed, so it has no bundle" />}
    >
      {(manifest) => <Bundle key={epoch} manifest={manifest} withCommands={withCommands} />}
    </Known>
  );
}

type ManifestProps = Readonly<{ manifest: BundleManifest; withCommands: boolean }>;

function Bundle({ manifest, withCommands }: ManifestProps) {
  const check = useAction(loadAndCheck);
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return (
    <Stack gap={4}>
      <Facts
        items={[
          {
            label: 'sha256 of the bundle',
            value: <Hash value={manifest.sha256} label="hash of the bundle" />,
          },
        ]}
      />
      <Files manifest={manifest} check={check.data} />
      {bytes > maxBundleBytes ? (
        <Notice tone="info">
          This bundle is too large for a browser; a terminal can check it.
        </Notice>
      ) : (
        <div>
          <Button
            variant="primary"
            isPending={check.isPending}
            onPress={() => check.mutate(manifest)}
          >
            Compute the hashes in this browser
          </Button>
        </div>
      )}
      <div aria-live="polite">{check.data !== undefined && <Verdict check={check.data} />}</div>
      {withCommands && (
        <CodeBlock
          code={manifest.howTo}
          label="The same in a terminal, without this site’s code"
          wrap
        />
      )}
    </Stack>
  );
}

async function loadAndCheck(manifest: BundleManifest): Promise<BundleCheck> {
  const texts = await Promise.all(
    manifest.files.map(async ({ name }) => {
      const path = `/epochs/${manifest.epoch}/bundle/${encodeURIComponent(name)}`;
      return [name, await apiText(path)] as const;
    }),
  );
  return checkBundle(manifest, new Map(texts), sha256);
}

function Verdict({ check }: Readonly<{ check: BundleCheck }>) {
  const { files, whole, chain } = check;
  if (whole && chain === 'Right' && [...files.values()].every(Boolean)) {
    return (
      <Notice tone="good" title="The bundle is right">
        Every file has its hash, the bundle’s hash is that of its files, and the epoch’s chain
        follows from the chain before and its digest.
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title="The bundle differs">
      {whole
        ? 'The epoch’s chain does not follow from what epoch.json says.'
        : 'Files and hashes do not belong together.'}{' '}
      Load the page again; if it stays, keep these files and ask who runs the network.
    </Notice>
  );
}

type FilesProps = Readonly<{ manifest: BundleManifest; check: BundleCheck | undefined }>;

function Files({ manifest, check }: FilesProps) {
  return (
    <DataTable<BundleManifest['files'][number]>
      caption="Files of the bundle"
      rows={[...manifest.files]}
      rowKey={({ name }) => name}
      empty={<EmptyState title="This bundle has no file" />}
      columns={[
        { id: 'name', header: 'File', narrow: 'title', cell: (f) => <Name mono>{f.name}</Name> },
        { id: 'bytes', header: 'Size', align: 'end', cell: (f) => <Bytes bytes={f.bytes} /> },
        {
          id: 'sha256',
          header: 'sha256',
          cell: (f) => <Hash value={f.sha256} label={`hash of ${f.name}`} />,
        },
        { id: 'check', header: 'Computed', cell: ({ name }) => verdictOf(check?.files.get(name)) },
      ]}
    />
  );
}

function verdictOf(isRight: boolean | undefined) {
  if (isRight === undefined) return <Badge>not yet</Badge>;
  return isRight ? <Badge tone="good">Right</Badge> : <Badge tone="bad">Differs</Badge>;
}
