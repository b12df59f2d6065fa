/** `member/device`: unique in the federation, because a device's name is unique in its member. */
export type DeviceKey = string;

/** The key of the device called `name` on `member`. */
export function deviceKey(member: string, name: string): DeviceKey {
  return `${member}/${name}`;
}

/** Prices per hour of one device in micro-USD. Without a spot price it is not for hire as Spot. */
export type Offer = Readonly<{
  onDemandMicroUsdPerHour: bigint;
  spotMicroUsdPerHour?: bigint;
}>;

/** What a member asks for a product: a model, or `<model>-MIG-<profile>` for slices of it. */
export type MemberOffer = Offer & Readonly<{ model: string }>;

/** Degrees; latitude -90..90, longitude -180..180. */
export type Coordinates = Readonly<{ latitude: number; longitude: number }>;

/** A device as placement sees it. `model` is the canonical name, empty while not identified. */
export type InventoryDevice = Readonly<{
  member: string;
  name: string;
  node: string;
  index: number;
  model: string;
  memoryMiB: number;
  migProfile?: string;
  resourceName: string;
  nvlink: boolean;
  /** Devices with the same text reach each other over NVLink. */
  nvlinkDomain?: string;
  confidential: boolean;
  /** The device's own price; without it the member's offer for the product counts. */
  offer?: Offer;
  verified: boolean;
  healthy: boolean;
  /** It does no work any more, and a lease on it is to be repaired. */
  broken?: boolean;
  /** The node can take pods, its kubelet counts the device, and the stake that it needs is there. */
  allocatable: boolean;
}>;

/** A member as placement sees it. */
export type InventoryMember = Readonly<{
  name: string;
  /** Accepted, connected and not cordoned. */
  schedulable: boolean;
  country: string;
  region?: string;
  coordinates?: Coordinates;
  certifications: readonly string[];
  /** `namespace/name` of the IOAccount that earns; without one the member cannot be paid. */
  supplier?: string;
  offers: readonly MemberOffer[];
}>;

/** Devices that are alike in everything a renter can ask for, and cost the same. */
export type Flavor = Readonly<{
  key: string;
  model: string;
  memoryMiB: number;
  migProfile?: string;
  resourceName: string;
  nvlink: boolean;
  confidential: boolean;
  onDemandMicroUsdPerHour: bigint;
  spotMicroUsdPerHour?: bigint;
}>;

/** A device that can be rented now. */
export type FreeDevice = Readonly<{ key: DeviceKey; name: string; index: number }>;

/** The rentable devices of one flavor on one node; `free` ascends by index, then name. */
export interface NodePoolView {
  readonly node: string;
  readonly nvlinkDomain: string | undefined;
  /** Rentable devices, held ones included. */
  readonly total: number;
  readonly free: readonly FreeDevice[];
}

/** The rentable devices of one flavor on one member. */
export interface FlavorPoolView {
  readonly flavor: Flavor;
  /** Rentable devices, held ones included. */
  readonly total: number;
  readonly free: number;
  readonly nodes: ReadonlyMap<string, NodePoolView>;
  /** `nodesByFree[n]` are the names of the nodes with exactly n free devices, ascending. */
  readonly nodesByFree: readonly (readonly string[])[];
}

/** How many devices of one product a member has. Unidentified ones count under `unknown`. */
export type ProductCounts = Readonly<{
  /** Canonical model, with `-MIG-<profile>` for slices. */
  product: string;
  model: string;
  migProfile?: string;
  devices: number;
  verified: number;
  /** Held by a lease. */
  leased: number;
  /** Rentable and held by nobody. */
  free: number;
  /** Those that do no work any more; absent when there is none. */
  broken?: number;
}>;

/** A member with its devices, read-only. */
export interface MemberView {
  readonly facts: InventoryMember;
  /** Ascending by flavor key. */
  readonly flavors: readonly FlavorPoolView[];
  /** Ascending by product. */
  products(): readonly ProductCounts[];
  product(name: string): ProductCounts | undefined;
}

/** What placement reads. */
export interface InventoryView {
  /** Grows with every change that a reader could see. */
  readonly version: number;
  /** Grows only with changes that could let a refused cluster in. */
  readonly openings: number;
  /** Ascending by name; only members that the inventory was told about. */
  readonly members: readonly MemberView[];
  member(name: string): MemberView | undefined;
  device(key: DeviceKey): InventoryDevice | undefined;
  /** The device's own price, else its member's price for the product. */
  offerOf(key: DeviceKey): Offer | undefined;
}

/** Devices that a lease wanted and another lease has. */
export type HoldConflict = Readonly<{ device: DeviceKey; lease: string }>;

export type HoldResult =
  | Readonly<{ kind: 'Held' }>
  | Readonly<{ kind: 'Conflict'; conflicts: readonly HoldConflict[] }>;

/** The name under which a product is priced and counted. */
export function productOf(model: string, migProfile: string | undefined): string {
  if (model === '') return 'unknown';
  return migProfile === undefined ? model : `${model}-MIG-${migProfile}`;
}
