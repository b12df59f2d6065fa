import { z } from 'zod';
import type { ConditionView } from '../../../operator/domain/views/types.ts';

/** What schemas of all routes are made of. An `id` names a schema in the OpenAPI document. */

/** A value as it is sent: fields that are undefined are left out. */
type Sent<T> = T extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : T extends object
    ? SentFields<T>
    : T;
type SentFields<T> = { [Key in RequiredKeys<T>]: Sent<T[Key]> } & {
  [Key in Exclude<keyof T, RequiredKeys<T>>]?: Sent<T[Key]> | undefined;
};
type RequiredKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? never : Key }[keyof T];

/**
 * The fields of a view's schema: exactly those that the view has, with its types. Written as
 * `z.object({ … } satisfies ShapeOf<View>)`, it cannot forget a field, nor show one that is not there.
 */
export type ShapeOf<View> = Readonly<{ [Key in keyof View]-?: z.ZodType<Sent<View[Key]>> }>;

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

export const instant = z
  .string()
  .regex(instantPattern)
  .meta({ id: 'Instant', format: 'date-time', description: 'RFC 3339, in UTC.' });

export const decimal = z
  .string()
  .regex(/^-?\d{1,40}(\.\d{1,18})?$/)
  .meta({ id: 'Decimal', description: 'An exact decimal number as text; never a float.' });

export const asset = z.enum(['USDC', 'IO']).meta({ id: 'Asset' });

export const count = z.number().int().min(0);

export const epochNumber = z.coerce
  .number('a whole number from 1 on')
  .int('a whole number from 1 on')
  .min(1, 'a whole number from 1 on')
  .max(2_000_000_000, 'a whole number from 1 on');

const namespaceText = 'the name of a namespace: lower-case letters, digits and dashes, at most 63';
export const namespaceName = z
  .string(namespaceText)
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, namespaceText);

const objectText =
  'the name of an object: lower-case letters, digits, dashes and dots, at most 253';
export const objectName = z
  .string(objectText)
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, objectText);

const walletText = 'an address in base58';
export const walletAddress = z
  .string(walletText)
  .regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, walletText);

const accountText = 'namespace/name of an IOAccount';
export const accountKey = z
  .string(accountText)
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, accountText);

export const condition = z
  .object({
    type: z.string(),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    lastTransitionTime: instant,
  } satisfies ShapeOf<ConditionView>)
  .meta({ id: 'Condition' });

/** A number of a query, from 1 to `most`; `usual` where it is left out. */
export const wholeNumber = (
  most: number,
  usual: number,
  text = `a whole number from 1 to ${most}`,
) => z.coerce.number(text).int(text).min(1, text).max(most, text).default(usual);

/** The query of every list: `limit` and `cursor`. Extend it with filters. */
export const pageQuery = z.strictObject({
  limit: wholeNumber(200, 50),
  cursor: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .meta({ description: '`next` of the page before; without it, the first page.' }),
});

/** A page of a list; `next` is missing at the end. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'The cursor of the next page.' }),
  });

/** A list that is always whole. */
export const itemsOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().meta({ description: 'For people: what is wrong, and what would be right.' }),
    reason: z.string().meta({ description: 'One word for machines.' }),
    errors: z
      .array(z.object({ field: z.string(), got: z.string(), expected: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'application/problem+json, RFC 9457.' });

/** The refusals that a route may answer with, for the documentation: `...problems(403, 404)`. */
export function problems<Status extends number>(
  ...statuses: readonly Status[]
): Record<Status, typeof problem> {
  return Object.fromEntries(statuses.map((status) => [status, problem])) as Record<
    Status,
    typeof problem
  >;
}

/** An answer without a body: `204: empty`. */
export const empty = z.undefined().meta({ description: 'Done.' });
