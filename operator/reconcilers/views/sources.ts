import type {
  IOAccount,
  IOCluster,
  IODevice,
  IOMember,
  IOSlashCase,
} from '../../../crds/schema/index.ts';
import { memberNamespace, memberOfNamespace } from '../../domain/lease.ts';
import { accountView, caseView } from '../../domain/views/account.ts';
import { clusterView, waitsForDevices } from '../../domain/views/cluster.ts';
import { accountOfMember, deviceState, deviceView } from '../../domain/views/device.ts';
import { memberView } from '../../domain/views/member.ts';
import type { ViewKind, ViewRow } from '../../ports/view-writer.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import { keyOf, type KubeObject, type ObjectKey, splitKey } from '../../runtime/kube-object.ts';
import type { PriorityClass } from '../../runtime/priority-class.ts';
import { sha256 } from '../../runtime/sha256.ts';

/** The informers of the hub that views are made from; their indexes are those of its controllers. */
export type ViewInformers = Readonly<{
  accounts: WatchedInformer<IOAccount>;
  members: WatchedInformer<IOMember>;
  /** Indexes: member, priorityClass. */
  clusters: WatchedInformer<IOCluster>;
  slashCases: WatchedInformer<IOSlashCase>;
  /** Indexes: namespace. */
  devices: WatchedInformer<IODevice>;
  priorityClasses: WatchedInformer<PriorityClass>;
}>;

/** Objects of one kind, and the rows that they become. */
export type ViewSource = Readonly<{
  kind: ViewKind;
  keys: () => Iterable<ObjectKey>;
  count: () => number;
  /** Version of the row; undefined when there is no such object. Cheaper than the row. */
  version: (key: ObjectKey) => string | undefined;
  row: (key: ObjectKey) => ViewRow | undefined;
  /** Scope and name of the row of an object; undefined for one that has none. */
  placeOf: (key: ObjectKey) => Readonly<{ scope: string; name: string }> | undefined;
  keyAt: (scope: string, name: string) => ObjectKey;
  /** Calls with the keys of rows that a change may have changed. */
  onChange: (enqueue: (key: ObjectKey) => void) => void;
}>;

/** Grows when the same objects become other views: a hub of a newer release then writes all anew. */
const projection = 1;

/** In the order in which they are written: many devices do not keep a cluster waiting. */
export function viewSources(informers: ViewInformers): readonly ViewSource[] {
  return [
    accountSource(informers),
    memberSource(informers),
    clusterSource(informers),
    caseSource(informers),
    deviceSource(informers),
  ];
}

const versionOf = ({ metadata }: KubeObject, ...more: readonly (string | number)[]): string =>
  [projection, metadata.resourceVersion ?? '', ...more].join('.');

/** Objects whose scope is their namespace. */
const byNamespace = {
  placeOf: (key: ObjectKey) => {
    const { namespace = '', name } = splitKey(key);
    return { scope: namespace, name };
  },
  keyAt: (scope: string, name: string): ObjectKey => `${scope}/${name}`,
};

/** Objects in the namespace of a member; what lies elsewhere is nobody's, and has no view. */
const byMember = {
  placeOf: (key: ObjectKey) => {
    const { namespace = '', name } = splitKey(key);
    const scope = memberOfNamespace(namespace);
    return scope === undefined ? undefined : { scope, name };
  },
  keyAt: (scope: string, name: string): ObjectKey => `${memberNamespace(scope)}/${name}`,
};

function accountSource({ accounts }: ViewInformers): ViewSource {
  const { cache } = accounts;
  return {
    kind: 'account',
    ...byNamespace,
    keys: () => cache.keys(),
    count: () => cache.size,
    version: (key) => whenFound(cache.get(key), (account) => versionOf(account)),
    row: (key) =>
      whenFound(cache.get(key), (account) => ({
        kind: 'account',
        ...byNamespace.placeOf(key),
        version: versionOf(account),
        view: accountView(account),
      })),
    onChange: (enqueue) => accounts.onChange(({ object }) => enqueue(keyOf(object))),
  };
}

function memberSource({ members }: ViewInformers): ViewSource {
  const { cache } = members;
  return {
    kind: 'member',
    placeOf: (key) => ({ scope: '', name: key }),
    keyAt: (_, name) => name,
    keys: () => cache.keys(),
    count: () => cache.size,
    version: (key) => whenFound(cache.get(key), (member) => versionOf(member)),
    row: (key) =>
      whenFound(cache.get(key), (member) => ({
        kind: 'member',
        scope: '',
        name: key,
        version: versionOf(member),
        view: memberView(member),
        account: accountOfMember(member) ?? '',
      })),
    onChange: (enqueue) => members.onChange(({ object }) => enqueue(keyOf(object))),
  };
}

function clusterSource({ clusters, members, priorityClasses }: ViewInformers): ViewSource {
  const { cache } = clusters;
  const countryOf = (member: string): string | undefined =>
    members.cache.get(member)?.spec.location.country;
  const priorityOf = ({ spec }: IOCluster): number =>
    spec.priorityClassName === undefined
      ? 0
      : (priorityClasses.cache.get(spec.priorityClassName)?.value ?? 0);
  const version = (cluster: IOCluster): string =>
    versionOf(cluster, priorityOf(cluster), countryOf(cluster.status?.lease?.member ?? '') ?? '');
  return {
    kind: 'cluster',
    ...byNamespace,
    keys: () => cache.keys(),
    count: () => cache.size,
    version: (key) => whenFound(cache.get(key), version),
    row: (key) =>
      whenFound(cache.get(key), (cluster) => ({
        kind: 'cluster',
        ...byNamespace.placeOf(key),
        version: version(cluster),
        view: clusterView(cluster, countryOf),
        account: cluster.spec.accountRef?.name ?? '',
        line: waitsForDevices(cluster)
          ? { priority: priorityOf(cluster), since: cluster.metadata.creationTimestamp ?? '' }
          : undefined,
      })),
    onChange: (enqueue) => {
      const each = (found: readonly IOCluster[]): void => {
        for (const cluster of found) enqueue(keyOf(cluster));
      };
      clusters.onChange(({ object }) => enqueue(keyOf(object)));
      members.onChange(({ object, previous }) => {
        if (object.spec.location.country === previous?.spec.location.country) return;
        each(cache.byIndex('member', object.metadata.name));
      });
      priorityClasses.onChange(({ object }) =>
        each(cache.byIndex('priorityClass', object.metadata.name)),
      );
    },
  };
}

function caseSource({ slashCases, members }: ViewInformers): ViewSource {
  const { cache } = slashCases;
  const accountOf = (key: ObjectKey): string => {
    const member = byMember.placeOf(key)?.scope ?? '';
    return accountOfMember(members.cache.get(member)) ?? '';
  };
  return {
    kind: 'case',
    ...byMember,
    keys: () => cache.keys(),
    count: () => cache.size,
    version: (key) => whenFound(cache.get(key), (found) => versionOf(found, accountOf(key))),
    row: (key) => {
      const found = cache.get(key);
      const place = byMember.placeOf(key);
      if (found === undefined || place === undefined) return undefined;
      const account = accountOf(key);
      return {
        kind: 'case',
        ...place,
        version: versionOf(found, account),
        view: caseView(found, place.scope, account === '' ? undefined : account),
        account,
      };
    },
    onChange: (enqueue) => {
      slashCases.onChange(({ object }) => enqueue(keyOf(object)));
      members.onChange(({ object, previous }) => {
        if (accountOfMember(object) === accountOfMember(previous)) return;
        const namespace = `${memberNamespace(object.metadata.name)}/`;
        for (const key of cache.keys()) if (key.startsWith(namespace)) enqueue(key);
      });
    },
  };
}

function deviceSource({ devices, members }: ViewInformers): ViewSource {
  const { cache } = devices;
  const memberAt = (key: ObjectKey): IOMember | undefined =>
    members.cache.get(byMember.placeOf(key)?.scope ?? '');
  const version = (key: ObjectKey, device: IODevice): string =>
    versionOf(device, termsOf(memberAt(key)));
  return {
    kind: 'device',
    ...byMember,
    keys: () => cache.keys(),
    count: () => cache.size,
    version: (key) => whenFound(cache.get(key), (device) => version(key, device)),
    row: (key) => {
      const device = cache.get(key);
      const place = byMember.placeOf(key);
      if (device === undefined || place === undefined) return undefined;
      const view = deviceView(device, place.scope, memberAt(key));
      return {
        kind: 'device',
        ...place,
        version: version(key, device),
        view,
        account: view.account ?? '',
        model: view.model ?? '',
        state: deviceState(device),
      };
    },
    onChange: (enqueue) => {
      devices.onChange(({ object }) => enqueue(keyOf(object)));
      members.onChange(({ object, previous }) => {
        if (termsOf(object) === termsOf(previous)) return;
        const namespace = memberNamespace(object.metadata.name);
        for (const device of cache.byIndex('namespace', namespace)) enqueue(keyOf(device));
      });
    },
  };
}

function whenFound<T, R>(object: T | undefined, then: (object: T) => R): R | undefined {
  return object === undefined ? undefined : then(object);
}

const known = new WeakMap<IOMember, string>();

/** What of a member shows in views of its devices, in few characters; computed once for each object. */
function termsOf(member: IOMember | undefined): string {
  if (member === undefined) return '';
  let terms = known.get(member);
  if (terms === undefined) {
    const { accountRef, offers } = member.spec;
    terms = sha256(JSON.stringify([accountRef, offers])).slice(0, 16);
    known.set(member, terms);
  }
  return terms;
}
