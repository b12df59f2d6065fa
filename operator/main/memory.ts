import { setFlagsFromString } from 'node:v8';

/**
 * V8 takes memory by what the machine has: on a large one up to 128 MiB for young objects alone. An
 * agent lives beside a renter's workload and has little to live in, and some thousand objects never
 * need it. A hub that keeps 10,000 devices is as fast with 32 MiB, and 115 MiB smaller. Imported
 * first, since it only counts before the heap has grown.
 */
setFlagsFromString(
  process.argv[2] === 'agent' ? '--optimize-for-size' : '--max-semi-space-size=16',
);
