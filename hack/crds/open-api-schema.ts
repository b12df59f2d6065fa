import { z } from 'zod';

/** One node of an OpenAPI v3 schema as CRDs carry it. */
export type SchemaNode = { [keyword: string]: unknown };

/** Keywords in the order in which people want to read them. */
const keywordOrder = [
  'description',
  'type',
  'format',
  'enum',
  'default',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'additionalProperties',
  'items',
];

function rank(keyword: string): number {
  const at = keywordOrder.indexOf(keyword);
  return at < 0 ? keywordOrder.length : at;
}

/** Sorts keywords, not properties: those keep the order of the zod schema. */
function inReadingOrder(node: SchemaNode): SchemaNode {
  const entries = Object.entries(node).map(([keyword, value]): [string, unknown] => {
    if (keyword === 'properties') return [keyword, mapValues(value as SchemaNode)];
    if (keyword === 'items' || keyword === 'additionalProperties') {
      return [keyword, inReadingOrder(value as SchemaNode)];
    }
    return [keyword, value];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => rank(a) - rank(b)));
}

function mapValues(properties: SchemaNode): SchemaNode {
  return Object.fromEntries(
    Object.entries(properties).map(([name, child]) => [name, inReadingOrder(child as SchemaNode)]),
  );
}

/**
 * The schema of a kind as its CRD carries it.
 * apiVersion, kind and metadata belong to the API server: it allows nothing there but bounds on the name.
 */
export function openApiSchemaOf(schema: z.ZodType, maxNameLength: number): SchemaNode {
  const root = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    // A number or a string: the API server has a keyword of its own for it and no anyOf.
    override: ({ jsonSchema }) => {
      const node: SchemaNode = jsonSchema;
      if (node['x-kubernetes-int-or-string'] === true) delete node['anyOf'];
    },
  }) as SchemaNode;
  const properties = root['properties'] as SchemaNode;
  const required = (root['required'] as string[]).filter((name) => name === 'spec');
  return inReadingOrder({
    ...root,
    required,
    properties: {
      apiVersion: {
        description: 'Version of the schema of this object: compute.io.net/v1alpha1.',
        type: 'string',
      },
      kind: { description: 'Kind of this object.', type: 'string' },
      metadata: {
        type: 'object',
        properties: { name: { type: 'string', maxLength: maxNameLength } },
      },
      spec: properties['spec'],
      status: properties['status'],
    },
  });
}
