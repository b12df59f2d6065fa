// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.

/** In the order of their numbers. */
export const roleVariants = [
  'Admin',
  'Publisher',
  'Slasher',
  'Adjudicator',
  'Auditor',
  'Treasurer',
] as const;
export type Role = (typeof roleVariants)[number];

/** In the order of their numbers. */
export const caseStateVariants = ['Open', 'Appealed', 'Reversed', 'Burnt'] as const;
export type CaseState = (typeof caseStateVariants)[number];

/** In the order of their numbers. */
export const outcomeVariants = ['Upheld', 'Reversed'] as const;
export type Outcome = (typeof outcomeVariants)[number];
