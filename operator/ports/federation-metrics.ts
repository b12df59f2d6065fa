/** What the controllers count beside the runtime. Labels are bounded: models, members, reasons. */
export type FederationMetrics = {
  /** An IOCluster was placed `seconds` after it was created. */
  placed(seconds: number): void;
  /** One placement decision took `seconds` of computing; `refusal` is its reason, if it refused. */
  decided(seconds: number, refusal?: string): void;
  /** All devices by model and state, replacing what was said before. */
  devices(counts: readonly { model: string; state: string; count: number }[]): void;
  /** All leases by member, replacing what was said before. */
  leases(counts: readonly { member: string; count: number }[]): void;
  /** How many IOClusters wait for devices now. */
  waiting(count: number): void;
};
