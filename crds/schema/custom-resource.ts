import type { z } from 'zod';
import { decoderOf } from './decode.ts';
import { computeGroup, computeVersion } from './group.ts';
import type { ObjectMeta } from './kube-object.ts';

/** A column of `kubectl get`. Priority 1 shows with `-o wide` only. */
export type PrinterColumn = Readonly<{
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  jsonPath: string;
  description: string;
  priority?: 1;
}>;

/** What the runtime needs to reach a kind. Assignable to `Resource` of operator/runtime. */
export type ResourceOf<T extends { metadata: ObjectMeta }> = {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  decode: (raw: unknown) => T;
};

/** What the generator needs to write the CRD of a kind. */
export type CustomResource = Readonly<{
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Longest metadata.name; 253 when left out. */
  maxNameLength?: number;
  schema: z.ZodType;
  printerColumns: readonly PrinterColumn[];
}>;

/** The runtime's view of a kind. */
export function resourceOf<T extends { metadata: ObjectMeta }>(
  definition: CustomResource,
): ResourceOf<T> {
  return {
    group: computeGroup,
    version: computeVersion,
    kind: definition.kind,
    plural: definition.plural,
    namespaced: definition.namespaced,
    decode: decoderOf(definition.kind, definition.schema) as (raw: unknown) => T,
  };
}

/** Column with the status of a condition. */
export const conditionColumn = (type: string, description: string): PrinterColumn => ({
  name: type,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
  description,
});

/** The last column of every kind. */
export const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was made.',
};
