import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { computeApiVersion, ioMemberSchema, violationsOf } from '../../crds/schema/index.ts';

/** What a data centre states of itself; everything else of an IOMember is the hub's to say. */
const stated = ['displayName', 'location', 'certifications', 'offers', 'accountRef'];

/** What is wrong with a member file (YAML or JSON), by field. Throws when it cannot be read at all. */
export function memberFileFaults(path: string): readonly string[] {
  const spec: unknown = parse(readFileSync(path, 'utf8'));
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    return [`${path}: must hold the fields ${stated.join(', ')}`];
  }
  const foreign = Object.keys(spec)
    .filter((field) => !stated.includes(field))
    .map((field) => `${field}: is not for a data centre to say; leave it out`);
  const name = 'member';
  const object = { apiVersion: computeApiVersion, kind: 'IOMember', metadata: { name }, spec };
  const wrong = violationsOf(ioMemberSchema, object).map(
    (violation) => `${violation.path.replace(/^spec\./, '')}: ${violation.message}`,
  );
  return [...foreign, ...wrong];
}
