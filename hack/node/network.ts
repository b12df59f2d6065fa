import { reserveNumber } from '../federation/ports.ts';

/** As many as fit into 198.18.0.0/15, which is nobody's: RFC 2544 keeps it for benchmarks. */
const MAX_NETWORKS = 128;

/** The addresses of a real node and of what runs on it; no other node of this machine has them. */
export type NodeNetwork = {
  /** The machine's end of the line to the node. */
  readonly device: string;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly prefixBits: number;
  readonly podRange: string;
  readonly serviceRange: string;
  /** Of the service `kubernetes`: the first of the range. */
  readonly apiAddress: string;
};

/** The addresses of the network with this number, 0 to 127. */
export function networkOf(index: number): NodeNetwork {
  const own = `198.19.${index}`;
  return {
    device: `ionode${index}`,
    hostAddress: `${own}.129`,
    nodeAddress: `${own}.130`,
    prefixBits: 30,
    podRange: `198.18.${index}.0/24`,
    serviceRange: `${own}.0/25`,
    apiAddress: `${own}.1`,
  };
}

/** Reserves a network for the run directory `owner`, until that is gone. */
export function reserveNetwork(owner: string): NodeNetwork {
  for (let index = 0; index < MAX_NETWORKS; index += 1) {
    if (reserveNumber('networks', index, owner)) return networkOf(index);
  }
  throw new Error(`all ${MAX_NETWORKS} networks of real nodes are taken`);
}
