import { pathOf } from '../app/path-of.ts';
import { queryText } from '../client/query-text.ts';

/** Pages of the Cloud. */
export const clustersPath = '/cloud/clusters';

export const clusterPath = (namespace: string, name: string): string =>
  pathOf('cloud', 'clusters', namespace, name);

/** The form, with what was chosen on the market. */
export const rentPath = (
  chosen: Readonly<{ model?: string; country?: string | undefined; spot?: boolean }>,
): string =>
  `/cloud/rent${queryText({
    model: chosen.model,
    country: chosen.country,
    capacity: chosen.spot === true ? 'Spot' : undefined,
  })}`;

/** Paths of the API. */
export const clusterApi = (namespace: string, name: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/clusters/${encodeURIComponent(name)}`;

export const clustersApi = (namespace: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/clusters`;
