import type { Rule } from './rule.ts';

/** Rules of a price on demand and as Spot. */
export const offerRules: readonly Rule<{
  onDemandMicroUsdPerHour: number;
  spotMicroUsdPerHour?: number | undefined;
}>[] = [
  {
    cel: '!has(self.spotMicroUsdPerHour) || self.spotMicroUsdPerHour <= self.onDemandMicroUsdPerHour',
    message: 'spotMicroUsdPerHour must be at most onDemandMicroUsdPerHour',
    messageCel:
      "'spotMicroUsdPerHour %d must be at most onDemandMicroUsdPerHour %d'.format([self.spotMicroUsdPerHour, self.onDemandMicroUsdPerHour])",
    messageOf: (offer) =>
      `spotMicroUsdPerHour ${offer.spotMicroUsdPerHour} must be at most onDemandMicroUsdPerHour ${offer.onDemandMicroUsdPerHour}`,
    fieldPath: '.spotMicroUsdPerHour',
    holds: (offer) =>
      offer.spotMicroUsdPerHour === undefined ||
      offer.spotMicroUsdPerHour <= offer.onDemandMicroUsdPerHour,
  },
];
