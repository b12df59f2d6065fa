import type { KubeObject } from '../runtime/kube-object.ts';
import type { Resource } from '../runtime/resource.ts';
import type { Session } from './session.ts';

const pageSize = 500;
/** 100,000 objects: more than a person reads, and than one hub has of a kind that people list. */
const maximumPages = 200;

/** All objects of a kind, page by page. */
export async function listAll<T extends KubeObject>(
  { client, signal }: Pick<Session, 'client' | 'signal'>,
  resource: Resource<T>,
  options: { namespace?: string; fieldSelector?: string; labelSelector?: string } = {},
): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const found = await client.list(resource, {
      ...options,
      limit: pageSize,
      signal,
      ...(token === undefined ? {} : { continue: token }),
    });
    items.push(...found.items);
    token = found.continue === '' ? undefined : found.continue;
    if (token === undefined) return items;
  }
  throw new Error(`there are more than ${items.length} ${resource.plural}: name a namespace`);
}
