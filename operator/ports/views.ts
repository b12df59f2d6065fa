import type {
  CountryCapacityView,
  HistoryPoint,
  ModelMarketView,
  NetworkView,
  PricePoint,
} from '../domain/views/public.ts';
import type {
  AccountView,
  CaseView,
  ClusterView,
  DeviceView,
  MemberView,
  Page,
  PageRequest,
} from '../domain/views/types.ts';

/** Devices by what people look for. Absent: any. */
export type DeviceFilter = Readonly<{
  /** IOAccount that earns, as namespace/name. */
  account?: string | undefined;
  member?: string | undefined;
  model?: string | undefined;
  state?: 'Free' | 'Leased' | 'Blocked' | 'Broken' | undefined;
}>;

/** How many devices there are of each state, for the head of a list. */
export type DeviceCounts = Readonly<{
  total: number;
  free: number;
  leased: number;
  blocked: number;
  broken: number;
}>;

/** Something that changed and that a page may show: a kind and a key, nothing of its content. */
export type ViewChange = Readonly<{
  kind: 'cluster' | 'device' | 'member' | 'account' | 'case' | 'network' | 'epoch';
  /** Namespace of a cluster or an account, name of a member, empty for what is of the network. */
  scope: string;
  /** Name in the scope; empty: several changed. */
  name: string;
}>;

/**
 * What people look at, as the hub last wrote it. Lists are ordered by name, so a page stays where it
 * was while others come and go. Every call may fail with StoreUnavailableError.
 */
export type Views = Readonly<{
  clusters: (namespace: string, page: PageRequest) => Promise<Page<ClusterView>>;
  cluster: (namespace: string, name: string) => Promise<ClusterView | undefined>;
  devices: (filter: DeviceFilter, page: PageRequest) => Promise<Page<DeviceView>>;
  device: (member: string, name: string) => Promise<DeviceView | undefined>;
  deviceCounts: (filter: DeviceFilter) => Promise<DeviceCounts>;
  members: (
    filter: Readonly<{ account?: string | undefined }>,
    page: PageRequest,
  ) => Promise<Page<MemberView>>;
  member: (name: string) => Promise<MemberView | undefined>;
  accounts: (namespace: string, page: PageRequest) => Promise<Page<AccountView>>;
  account: (namespace: string, name: string) => Promise<AccountView | undefined>;
  cases: (
    filter: Readonly<{ account?: string | undefined; member?: string | undefined }>,
    page: PageRequest,
  ) => Promise<Page<CaseView>>;
  case: (member: string, name: string) => Promise<CaseView | undefined>;
  network: () => Promise<NetworkView | undefined>;
  models: () => Promise<readonly ModelMarketView[]>;
  countries: () => Promise<readonly CountryCapacityView[]>;
  /** Points of the last `hours`, thinned to at most 500. */
  history: (hours: number) => Promise<readonly HistoryPoint[]>;
  prices: (model: string, hours: number) => Promise<readonly PricePoint[]>;
}>;

/** Tells of changes until the signal is aborted; what is missed while it reconnects comes as `name: ''`. */
export type ViewChanges = Readonly<{
  subscribe: (listener: (change: ViewChange) => void) => () => void;
}>;
