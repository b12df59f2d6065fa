import { useSession } from '../app/session.ts';
import { apiUrl, download } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { Button } from '../design/button.tsx';
import { Row } from '../design/layout.tsx';
import { accountPath, type AccountRef } from './data.ts';
import { fileName } from './file-name.ts';

const formats = [
  { id: 'html', label: 'Invoice', what: 'invoice', extension: 'html' },
  { id: 'csv', label: 'CSV', what: 'statement', extension: 'csv' },
  { id: 'focus', label: 'FOCUS', what: 'focus', extension: 'csv' },
] as const;
type Format = (typeof formats)[number];

/** A month's statement in the forms that other programs, and accountants, read. */
export function StatementDownloads({
  account,
  month,
}: Readonly<{ account: AccountRef; month: string }>) {
  const { namespace, name } = account;
  const path = `${accountPath(namespace, name)}/statements/${encodeURIComponent(month)}`;
  const { session } = useSession();
  const save = useAction(({ id, what, extension }: Format) =>
    download(path, fileName([namespace, name, month, what], extension), { format: id }),
  );
  // A link cannot carry a token; who signed in with one saves the file instead.
  const mayOpen = session !== undefined && session.via !== 'token';
  return (
    <Row gap={2}>
      {mayOpen && (
        <a
          className="link"
          href={apiUrl(path, { format: 'html' })}
          target="_blank"
          rel="noopener noreferrer"
        >
          Open invoice
        </a>
      )}
      {formats.map((format) => (
        <Button
          key={format.id}
          size="s"
          aria-label={`${format.label} of ${month}`}
          isPending={save.isPending && save.variables.id === format.id}
          onPress={() => save.mutate(format)}
        >
          {format.label}
        </Button>
      ))}
    </Row>
  );
}
