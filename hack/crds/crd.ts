import { stringify } from 'yaml';
import type { CustomResource } from '../../crds/schema/custom-resource.ts';
import { computeGroup, computeVersion } from '../../crds/schema/group.ts';
import { openApiSchemaOf, type SchemaNode } from './open-api-schema.ts';

/** Longest name of a custom object that the API server takes. */
const maxNameLength = 253;

/** apiextensions.k8s.io/v1 CustomResourceDefinition, as far as we fill it in. */
export type CustomResourceDefinition = Readonly<{
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: Readonly<{ name: string; labels: Record<string, string> }>;
  spec: Readonly<{
    group: string;
    names: SchemaNode;
    scope: 'Namespaced' | 'Cluster';
    versions: readonly [Version];
  }>;
}>;

type Version = Readonly<{
  name: string;
  served: true;
  storage: true;
  subresources: { status: Record<string, never> };
  additionalPrinterColumns: CustomResource['printerColumns'];
  schema: { openAPIV3Schema: SchemaNode };
}>;

/** The CRD of a kind. */
export function crdOf(definition: CustomResource): CustomResourceDefinition {
  const { kind, plural, singular, shortNames } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${computeGroup}`,
      labels: { 'app.kubernetes.io/part-of': 'io-operator' },
    },
    spec: {
      group: computeGroup,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['io'] },
      scope: definition.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: computeVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: definition.printerColumns,
          schema: {
            openAPIV3Schema: openApiSchemaOf(
              definition.schema,
              definition.maxNameLength ?? maxNameLength,
            ),
          },
        },
      ],
    },
  };
}

/** File name and content of the generated manifest of a kind. */
export function crdFileOf(definition: CustomResource): { name: string; content: string } {
  const header = '# Generated from crds/schema by `make generate`. Do not edit.\n';
  const body = stringify(crdOf(definition), { lineWidth: 0, aliasDuplicateObjects: false });
  return { name: `${definition.plural}.${computeGroup}.yaml`, content: `${header}${body}` };
}
