/** One request or websocket, after its end. Without its query, which may hold secrets. */
export type AccessEntry = Readonly<{
  /** RFC 3339, when it began. */
  time: string;
  user: string;
  method: string;
  service: string;
  path: string;
  status: number;
  /** Bytes of bodies, or of a websocket. */
  receivedBytes: number;
  sentBytes: number;
  ms: number;
  /** What the gateway refused or ended it for. */
  reason?: string | undefined;
}>;

/** The newest requests to each cluster, for those who use it. In memory, and bounded. */
export class AccessLog {
  readonly #entriesPerCluster: number;
  readonly #clusters: number;
  /** The cluster that was used last comes last. */
  readonly #byCluster = new Map<string, AccessEntry[]>();

  constructor({ entriesPerCluster, clusters }: { entriesPerCluster: number; clusters: number }) {
    this.#entriesPerCluster = entriesPerCluster;
    this.#clusters = clusters;
  }

  add(cluster: string, entry: AccessEntry): void {
    const entries = this.#byCluster.get(cluster) ?? [];
    entries.push(entry);
    if (entries.length > this.#entriesPerCluster) entries.shift();
    this.#byCluster.delete(cluster);
    this.#byCluster.set(cluster, entries);
    for (const oldest of this.#byCluster.keys()) {
      if (this.#byCluster.size <= this.#clusters) break;
      this.#byCluster.delete(oldest);
    }
  }

  /** The newest first. */
  of(cluster: string): readonly AccessEntry[] {
    return (this.#byCluster.get(cluster) ?? []).toReversed();
  }
}
