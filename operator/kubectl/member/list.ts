import { type IOMember, ioMemberResource } from '../../../crds/schema/index.ts';
import { listAll } from '../list-all.ts';
import { listText, type OutputFormat, type View } from '../output/print.ts';
import { ageText } from '../output/text.ts';
import type { Session } from '../session.ts';

/** Prints all members, one a line. */
export async function list(session: Session, output: OutputFormat): Promise<void> {
  const members = await listAll(session, ioMemberResource);
  if (members.length === 0 && (output === 'table' || output === 'wide')) {
    session.tell('There is no member: kubectl io member invite NAME lets one join');
    return;
  }
  session.print(listText(members, output, viewAt(session.clock.now())));
}

const viewAt = (nowMs: number): View<IOMember> => ({
  columns: [
    { name: 'NAME', of: ({ metadata }) => metadata.name },
    ...(['Accepted', 'Connected', 'Schedulable'] as const).map((type) => ({
      name: type.toUpperCase(),
      of: (member: IOMember) => conditionText(member, type),
    })),
    { name: 'COUNTRY', of: ({ spec }) => spec.location.country },
    { name: 'DEVICES', of: ({ status }) => status?.devices?.total ?? 0 },
    { name: 'FREE', of: ({ status }) => status?.devices?.free ?? 0 },
    { name: 'ENROLMENT', of: ({ spec }) => spec.enrolment },
    { name: 'REQUESTED KEY', of: requestText },
    { name: 'AGE', wide: true, of: ({ metadata }) => ageText(metadata.creationTimestamp, nowMs) },
  ],
  nameOf: ({ metadata }) => `iomember.compute.io.net/${metadata.name}`,
});

function conditionText({ status }: IOMember, wanted: string): string {
  const found = status?.conditions?.find(({ type }) => type === wanted);
  if (found === undefined) return 'Unknown';
  return found.status === 'True' ? 'True' : `${found.status} (${found.reason})`;
}

function requestText({ status }: IOMember): string | undefined {
  const { request } = status ?? {};
  return request === undefined
    ? undefined
    : `${request.keySha256} (enrolment ${request.enrolment})`;
}
