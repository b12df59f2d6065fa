import type { z } from 'zod';
import { isRuleIssue } from './rule.ts';

/** One thing that is wrong with an object. `path` is written as the API server writes it. */
export type Violation = Readonly<{ path: string; message: string }>;

type Issue = Readonly<{
  path?: readonly PropertyKey[] | undefined;
  message?: string | undefined;
}>;

/** Issues shown in one error; more would hide the first ones. */
const maxIssuesShown = 8;

/** A path as the API server writes it: `spec.workerGroups[0].replicas`. */
function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text === '' ? '(root)' : text;
}

function nameOf(raw: unknown): string {
  const metadata = (raw as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  const name = typeof metadata?.name === 'string' ? metadata.name : '(no name)';
  return typeof metadata?.namespace === 'string' ? `${metadata.namespace}/${name}` : name;
}

/** An object that is not what its kind says. The message names the object, each field and why. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly violations: readonly Violation[];

  constructor(kind: string, raw: unknown, violations: readonly Violation[]) {
    const shown = violations.slice(0, maxIssuesShown).map((v) => `${v.path}: ${v.message}`);
    const more = violations.length - shown.length;
    const tail = more > 0 ? `; and ${more} more` : '';
    super(`${kind} ${nameOf(raw)} cannot be read: ${shown.join('; ')}${tail}`);
    this.violations = violations;
  }
}

/**
 * Reads an object as the API server returns it.
 * Only a wrong shape is an error. A rule that is broken is not: an object that was stored before the
 * rule existed must stay visible, and `violationsOf` tells what is wrong with it.
 * @throws DecodeError with path and reason of each wrong field
 */
export function decoderOf(kind: string, schema: z.ZodType) {
  return (raw: unknown): unknown => {
    const result = schema.safeParse(raw);
    if (result.success) return result.data;
    const wrong = result.error.issues.filter((issue) => !isRuleIssue(issue));
    if (wrong.length > 0) throw new DecodeError(kind, raw, wrong.map(violationOf));
    // The parsed value is there in spite of a broken rule; only safeParse withholds it.
    const payload = schema._zod.run({ value: raw, issues: [] }, { async: false });
    return (payload as { value: unknown }).value;
  };
}

/** Everything that is wrong with an object, by shape and by the rules that CEL enforces too. */
export function violationsOf(schema: z.ZodType, raw: unknown): readonly Violation[] {
  const result = schema.safeParse(raw);
  return result.success ? [] : result.error.issues.map(violationOf);
}

function violationOf(issue: Issue): Violation {
  return { path: formatPath(issue.path ?? []), message: issue.message ?? 'is invalid' };
}
