import { createHash } from 'node:crypto';
import { ApiError } from './api-error.ts';

/** What the API server sent as JSON. Throws ApiError `Malformed`, without the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError({
      status: 0,
      reason: 'Malformed',
      message: `the API server sent ${text.length} characters that are not JSON`,
      cause: error,
    });
  }
}

/**
 * Whether two values are the same JSON: members that are undefined do not count, the order of
 * members does not either, the order of a list does.
 */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return listsEqual(a, b);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const name of Object.keys(left)) {
    if (!jsonEqual(left[name], right[name])) return false;
  }
  return Object.keys(right).every((name) => right[name] === undefined || Object.hasOwn(left, name));
}

function listsEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, index) => jsonEqual(item, b[index]));
}

/** The same text for the same JSON, whatever the order of members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const source = member as Record<string, unknown>;
    const sorted: Record<string, unknown> = {};
    for (const name of Object.keys(source).toSorted()) sorted[name] = source[name];
    return sorted;
  });
}

/** A short fingerprint of a JSON value. */
export function jsonDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 22);
}
