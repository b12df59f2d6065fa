/** An epoch is one UTC hour; number 1 starts at the configured genesis, which is on a full hour. */
export const epochSeconds = 3_600;

/** First second of an epoch. */
export function epochStart(epoch: number, genesisSeconds: number): number {
  return genesisSeconds + (epoch - 1) * epochSeconds;
}

/** The first second after an epoch. */
export function epochEnd(epoch: number, genesisSeconds: number): number {
  return epochStart(epoch + 1, genesisSeconds);
}

/** The epoch that an instant lies in; 0 or less before genesis. */
export function epochAt(seconds: number, genesisSeconds: number): number {
  return Math.floor((seconds - genesisSeconds) / epochSeconds) + 1;
}
