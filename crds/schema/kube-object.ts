import { z } from 'zod';
import { computeApiVersion } from './group.ts';
import { int64, mapOf, prose, text, timestamp } from './fields.ts';

/** Drops `undefined` from optional properties and makes everything readonly: plain JSON, as read. */
export type Wire<T> = T extends readonly (infer Item)[]
  ? readonly Wire<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Wire<Exclude<T[Key], undefined>> }
    : T;

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

/** What the operator keeps of Kubernetes' ObjectMeta; managed fields are dropped on reading. */
export type ObjectMeta = {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: readonly string[];
  ownerReferences?: readonly OwnerReference[];
};

/** An object as the API server returns it, defaults filled in. */
export type CustomObject<Kind extends string, Spec, Status> = {
  apiVersion: typeof computeApiVersion;
  kind: Kind;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
};

const ownerReferenceSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});

/** ObjectMeta as read. The API server owns its rules, so nothing is bounded here. */
const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(ownerReferenceSchema).optional(),
});

const conditionSchema = z
  .object({
    type: text({
      max: 63,
      pattern: /^[A-Z][A-Za-z]*$/,
      what: 'one word in CamelCase, for example Ready',
    }).describe('What the condition is about. There is at most one condition per type.'),
    status: z
      .enum(['True', 'False', 'Unknown'])
      .describe('Whether the condition holds: True, False or Unknown.'),
    observedGeneration: int64(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe(
        'Generation of the object that the condition was decided for. An older one is stale.',
      ),
    lastTransitionTime: timestamp().describe('When status last changed from one value to another.'),
    reason: text({
      max: 128,
      pattern: /^[A-Z][A-Za-z0-9]*$/,
      what: 'one word in CamelCase, for example NoCapacity',
    }).describe('One word in CamelCase that programs can act on.'),
    message: prose(32_768).describe('The same for people, with names and numbers.'),
  })
  .describe('One aspect of the current state, in the form of metav1.Condition.');

/** metav1.Condition. */
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
};

/** `status.conditions` of every kind; the description names the types. */
export const conditions = (types: readonly string[]) =>
  mapOf(conditionSchema, 'type', { max: 16 })
    .optional()
    .describe(`Current state by aspect. Types: ${types.join(', ')}.`);

export const observedGeneration = () =>
  int64(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Generation of the object that this status was computed for. An older one is stale.');

/** The whole object: type, metadata, spec and status. */
export function customObject<Kind extends string, Spec extends z.ZodType, Status extends z.ZodType>(
  kind: Kind,
  spec: Spec,
  status: Status,
) {
  return z.object({
    apiVersion: z.literal(computeApiVersion),
    kind: z.literal(kind),
    metadata: metadataSchema,
    spec,
    status: status.optional(),
  });
}
