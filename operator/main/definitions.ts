import type { ApiClient } from '../runtime/api-client.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';

/** What became of a CustomResourceDefinition. */
export type DefinitionOutcome = Readonly<{
  name: string;
  outcome: 'Deleted' | 'Absent' | 'InUse';
}>;

/**
 * Deletes definitions of which there is no object in any namespace: deleting one deletes all of its
 * objects, whoever made them. Throws what the API server has against it.
 */
export async function deleteUnusedDefinitions(
  client: ApiClient,
  names: readonly string[],
): Promise<readonly DefinitionOutcome[]> {
  const outcomes: DefinitionOutcome[] = [];
  for (const name of names) {
    const definition = await client.get(definitionResource, name);
    if (definition === undefined) {
      outcomes.push({ name, outcome: 'Absent' });
    } else if (await isInUse(client, definition.of)) {
      outcomes.push({ name, outcome: 'InUse' });
    } else {
      await client.delete(definitionResource, name);
      outcomes.push({ name, outcome: 'Deleted' });
    }
  }
  return outcomes;
}

async function isInUse(client: ApiClient, resource: Resource | undefined): Promise<boolean> {
  if (resource === undefined) return false;
  try {
    return (await client.list(resource, { limit: 1 })).items.length > 0;
  } catch (error) {
    // It is being deleted already.
    if (error instanceof ApiError && error.isNotFound) return false;
    throw error;
  }
}

type Definition = KubeObject & Readonly<{ of: Resource | undefined }>;
type RawDefinition = KubeObject &
  Readonly<{
    spec: Readonly<{
      group: string;
      scope: 'Namespaced' | 'Cluster';
      names: Readonly<{ kind: string; plural: string }>;
      versions: readonly Readonly<{ name: string; served: boolean }>[];
    }>;
  }>;

/** Decoding keeps what is asked: a definition has up to a megabyte. */
const definitionResource: Resource<Definition> = {
  ...{ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  ...{ plural: 'customresourcedefinitions', namespaced: false },
  decode: (raw) => {
    const { apiVersion, kind, metadata, spec } = raw as RawDefinition;
    const version = spec.versions.find(({ served }) => served)?.name;
    const { group, names, scope } = spec;
    return {
      ...{ apiVersion, kind, metadata: { name: metadata.name } },
      of: version && { group, version, ...names, namespaced: scope === 'Namespaced' },
    } as Definition;
  },
};
