/** What the agent counts of the data centre's policy. */
export type PolicyMetrics = Readonly<{
  /** Whether the ConfigMap can be read as it is now. */
  policyReadable: (readable: boolean) => void;
  /** A placement was refused that was not refused for this reason before. */
  placementRefused: (reason: string) => void;
}>;
