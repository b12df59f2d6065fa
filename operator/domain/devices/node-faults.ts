/**
 * Conditions of a Node by which its GPUs, nobody says which, are not well: of the node problem detector
 * as AKS runs it, and of the node monitoring agent of EKS. A condition that XIDs stood in the kernel's
 * log is not among them: it counts those of programs too.
 */
const faultyWhen: Readonly<Record<string, 'True' | 'False'>> = {
  GPUMissing: 'True',
  NVLinkStatusInactive: 'True',
  UnhealthyNvidiaDevicePlugin: 'True',
  AcceleratedHardwareReady: 'False',
};

type Condition = Readonly<{ type: string; status: string }>;

/** The first such condition, as `Type=Status`; undefined: there is none. */
export function nodeFault(conditions: readonly Condition[]): string | undefined {
  const found = conditions
    .filter(({ type, status }) => Object.hasOwn(faultyWhen, type) && faultyWhen[type] === status)
    .map(({ type, status }) => `${type}=${status}`)
    .toSorted();
  return found[0];
}
