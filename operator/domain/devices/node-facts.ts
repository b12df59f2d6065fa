/** A Node as the agent sees it; resource quantities are Kubernetes' strings. */
export type NodeFacts = Readonly<{
  name: string;
  uid: string;
  ready: boolean;
  /** False when cordoned. */
  schedulable: boolean;
  labels: Readonly<Record<string, string>>;
  capacity: Readonly<Record<string, string>>;
  allocatable: Readonly<Record<string, string>>;
}>;

/** What a Node says about its GPUs that cannot be true or is not enough. */
export type InventoryProblem = Readonly<{
  reason:
    | 'TooManyDevices'
    | 'NoProductLabel'
    | 'NoMemoryLabel'
    | 'CountMismatch'
    | 'NoCapacity'
    | 'NoDevicePlugin'
    | 'UnknownResource'
    | 'InvalidMigConfiguration'
    | 'SharingMismatch';
  /** For an event on the node: what was read, and what would be right. */
  message: string;
}>;

/** A whole number of an extended resource; undefined when there is none or it is no number. */
export function countOf(
  resources: Readonly<Record<string, string>>,
  name: string,
): number | undefined {
  return wholeNumber(resources[name]);
}

/** A label value as a whole number; undefined when it is missing or no number. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
