import { type IOMember, ioMemberResource } from '../../crds/schema/index.ts';
import { columns } from '../main/columns.ts';
import type { Session } from './session.ts';

const pageSize = 500;
const headings = [
  ...['NAME', 'ACCEPTED', 'CONNECTED', 'SCHEDULABLE', 'COUNTRY', 'DEVICES', 'FREE', 'ENROLMENT'],
  'REQUESTED KEY',
];

/** Prints all members, one a line. */
export async function list({ client, print, tell }: Session): Promise<void> {
  const rows: (readonly string[])[] = [];
  let token: string | undefined;
  do {
    const page = await client.list(ioMemberResource, {
      limit: pageSize,
      ...(token === undefined ? {} : { continue: token }),
    });
    rows.push(...page.items.map(rowOf));
    token = page.continue === '' ? undefined : page.continue;
  } while (token !== undefined);
  if (rows.length === 0) {
    tell('There is no member: kubectl io member invite NAME lets one join');
    return;
  }
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = columns(widths);
  print([headings, ...rows].map(line).join('\n'));
}

function rowOf({ metadata, spec, status }: IOMember): readonly string[] {
  const condition = (wanted: string): string => {
    const found = status?.conditions?.find(({ type }) => type === wanted);
    if (found === undefined) return 'Unknown';
    return found.status === 'True' ? 'True' : `${found.status} (${found.reason})`;
  };
  const { devices, request } = status ?? {};
  return [
    metadata.name,
    ...['Accepted', 'Connected', 'Schedulable'].map(condition),
    spec.location.country,
    ...[devices?.total, devices?.free].map((count) => String(count ?? 0)),
    String(spec.enrolment),
    request === undefined ? '' : `${request.keySha256} (enrolment ${request.enrolment})`,
  ];
}
