/**
 * What NVIDIA's DCGM exporter says of a device while a lease uses it. It stands beside the interval
 * and bills nothing: it may be missing, and nobody is charged or paid by it.
 */

/** Evidence is told for so many seconds at once, which begin on a multiple of them: a full hour. */
export const evidenceBucketSeconds = 3_600;

/** Most devices in one report; a longer list is split. */
export const maxEvidencePerReport = 2_000;

/** What one look at a device found; what the exporter did not measure is left out. */
export type EvidenceSample = Readonly<{
  utilPercent?: number;
  /** Framebuffer memory in use. */
  fbUsedMiB?: number;
  powerMilliwatt?: number;
  /** The last error that the driver told, by its number; 0 is none. */
  xid?: number;
  /** Memory errors since the driver was loaded that could not be corrected. */
  eccDoubleBitErrors?: number;
  /** 1 when memory could not be remapped. */
  rowRemapFailures?: number;
  temperatureCelsius?: number;
}>;

/** What all looks at a device in a bucket found together. */
export type EvidenceSummary = Readonly<{
  samples: number;
  utilAvgPercent?: number;
  utilMaxPercent?: number;
  fbUsedMaxMiB?: number;
  powerAvgWatt?: number;
  lastXid?: number;
  /** Samples in which an XID stood. */
  xidCount: number;
}>;

/** The evidence for a device of a lease. */
export type DeviceEvidence = EvidenceSummary & Readonly<{ leaseId: string; device: string }>;

/** One message of a member. The member's name is not in it: it is read from the credential. */
export type EvidenceReport = Readonly<{
  bucketStartSeconds: number;
  sentAtMs: number;
  /** Each device of a lease once. */
  devices: readonly DeviceEvidence[];
}>;
