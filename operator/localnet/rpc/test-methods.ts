import { z } from 'zod';
import { type Method, method } from './params.ts';

/** A hundred years. */
const maximumSeconds = 3_155_760_000;
const maximumSlots = 1_000_000_000;

const by = z.union([
  z.strictObject({ seconds: z.number().int().min(1).max(maximumSeconds) }),
  z.strictObject({ slots: z.number().int().min(1).max(maximumSlots) }),
]);

/** What only a localnet has. */
export const testMethods: Readonly<Record<string, Method>> = {
  /** Moves the chain's time and the slots that pass in it. */
  localnet_warp: method(z.tuple([by]), async ([amount], { chain }) => {
    await chain.warp(amount);
    const slot = chain.time.slot();
    return { slot, unixTimestamp: chain.time.unixSeconds(slot) };
  }),
};
