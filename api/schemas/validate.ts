import type { z } from 'zod';
import { type FieldError, Problem } from '../problem.ts';

const maxErrors = 20;
const maxShownCharacters = 40;

/**
 * Reads a body, or `what` else, by its schema. Throws the problem `ValidationFailed` with an error per
 * field, at most 20 of them.
 */
export function validated<T extends z.ZodType>(
  schema: T,
  body: unknown,
  what = 'the body',
): z.output<T> {
  const result = schema.safeParse(body, { reportInput: false });
  if (result.success) return result.data;
  const { issues } = result.error;
  const errors = issues.slice(0, maxErrors).map((issue) => fieldError(issue, body));
  const more = issues.length > maxErrors ? ', the first of them are told' : '';
  throw new Problem(
    400,
    'ValidationFailed',
    `${what} has ${issues.length} ${issues.length === 1 ? 'fault' : 'faults'}${more}`,
    { errors },
  );
}

function fieldError(issue: z.core.$ZodIssue, body: unknown): FieldError {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return {
      field: fieldName([...issue.path, key.slice(0, maxShownCharacters)]),
      got: 'a field that is not known',
      expected: 'leave it out',
    };
  }
  return { field: fieldName(issue.path), got: shown(issue.path, body), expected: issue.message };
}

/** `changes[3].startSeconds` */
function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}

function shown(path: readonly PropertyKey[], body: unknown): string {
  let value = body;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return 'nothing';
    value = Object.getOwnPropertyDescriptor(value, part)?.value;
  }
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters)}…` : text;
}
