import type { z } from 'zod';

/** How the API server words a refusal; `FieldValueInvalid` when left out. */
type RuleReason =
  | 'FieldValueInvalid'
  | 'FieldValueForbidden'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate';

/**
 * One rule in two languages. `cel` is what the API server runs; `holds` is the same rule for code.
 * A transition rule (it names `oldSelf`) has no `holds`, since code sees one object at a time.
 */
export type Rule<Value> = Readonly<{
  cel: string;
  message: string;
  /** CEL that makes the message from the value; `message` stays as the fallback. */
  messageCel?: string;
  /** The twin of `messageCel`. */
  messageOf?: (value: Value) => string;
  holds?: (value: Value) => boolean;
  /** Path from this schema to the field that is to blame, as CRDs write it: `.maxReplicas`. */
  fieldPath?: string;
  reason?: RuleReason;
}>;

/** What the API server reads under `x-kubernetes-validations`. */
type KubernetesValidation = Readonly<{
  rule: string;
  message: string;
  messageExpression?: string;
  fieldPath?: string;
  reason?: RuleReason;
  optionalOldSelf?: boolean;
}>;

/** Marks an issue that comes from a rule, so that a decoder can tell it from a wrong shape. */
const ruleIssue = 'compute.io.net/rule';

/** Whether an issue comes from a rule rather than from the shape. */
export function isRuleIssue(issue: Readonly<{ code?: unknown; params?: unknown }>): boolean {
  const params = issue.params as Record<string, unknown> | undefined;
  return issue.code === 'custom' && params?.[ruleIssue] === true;
}

function validationOf(rule: Rule<never>): KubernetesValidation {
  return {
    rule: rule.cel,
    message: rule.message,
    ...(rule.messageCel === undefined ? {} : { messageExpression: rule.messageCel }),
    ...(rule.fieldPath === undefined ? {} : { fieldPath: rule.fieldPath }),
    ...(rule.reason === undefined ? {} : { reason: rule.reason }),
  };
}

function pathOf(fieldPath: string | undefined): string[] {
  return fieldPath === undefined ? [] : fieldPath.split('.').filter((part) => part !== '');
}

/** Attaches rules to a schema: to zod as a check, to the CRD as `x-kubernetes-validations`. */
export function ruled<Schema extends z.ZodType>(
  schema: Schema,
  ...rules: readonly Rule<z.output<Schema>>[]
): Schema {
  const before = schema.meta()?.['x-kubernetes-validations'];
  const validations = [...(Array.isArray(before) ? before : []), ...rules.map(validationOf)];
  return schema
    .superRefine((value, context) => {
      // As the API server does: rules judge only what has the right shape.
      if (context.issues.some((issue) => !isRuleIssue(issue))) return;
      for (const rule of rules) {
        if (rule.holds === undefined || rule.holds(value)) continue;
        context.addIssue({
          code: 'custom',
          message: rule.messageOf?.(value) ?? rule.message,
          path: pathOf(rule.fieldPath),
          params: { [ruleIssue]: true, text: rule.message },
        });
      }
    })
    .meta({ 'x-kubernetes-validations': validations });
}

/** A regular expression as a CEL raw string. Only what RE2 and JavaScript read alike may be in it. */
export function celPattern(pattern: RegExp): string {
  const source = pattern.source.replaceAll(String.raw`\/`, '/');
  if (source.includes("'")) throw new Error(`pattern ${source} holds a quote`);
  return `r'${source}'`;
}
