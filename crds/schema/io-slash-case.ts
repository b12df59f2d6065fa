import { z } from 'zod';
import { ioSlashCaseReasons } from './conditions.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import { baseUnits, dnsName, prose, sha256Hex, solanaAddress, text, timestamp } from './fields.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { ruled, type Rule } from './rule.ts';

const url = () =>
  text({
    max: 512,
    pattern: /^https:\/\/[^\s"<>]+$/,
    what: 'an address that begins with https://',
  });

const amountRule: Rule<string> = {
  cel: "self != '0'",
  message: 'must be more than 0; a case without stake at risk is no case',
  holds: (amount) => amount !== '0',
};

const specRule: Rule<unknown> = {
  cel: 'self == oldSelf',
  message: 'a case cannot be rewritten; open another one',
  reason: 'FieldValueForbidden',
};

const ioSlashCaseSpecSchema = ruled(
  z.object({
    deviceRef: z
      .object({ name: dnsName().describe('Name of an IODevice in the same namespace.') })
      .describe('The device that is accused.'),
    reason: z
      .enum([
        'FalseInventory',
        'DuplicateDevice',
        'FailedChallenges',
        'UnauthorizedAccess',
        'InadequateService',
      ])
      .describe('What the device, or who runs it, is accused of.'),
    evidence: z
      .object({
        sha256: sha256Hex().describe('SHA-256 of the evidence.'),
        url: url().optional().describe('Where the evidence can be read.'),
      })
      .describe('What the accusation rests on.'),
    amountBaseUnits: ruled(baseUnits(), amountRule).describe(
      'Stake to put at risk in base units of IO as a decimal string. Of a smaller stake all of it is.',
    ),
  }),
  specRule,
).describe('The accusation. It cannot change.');

const statusRules: readonly Rule<unknown>[] = [
  {
    cel: '!has(oldSelf.chain) || (has(self.chain) && self.chain == oldSelf.chain)',
    message: 'chain cannot change once the case was opened',
    fieldPath: '.chain',
    reason: 'FieldValueForbidden',
  },
  {
    cel: '!has(oldSelf.appeal) || (has(self.appeal) && self.appeal == oldSelf.appeal)',
    message: 'appeal cannot change once it is recorded',
    fieldPath: '.appeal',
    reason: 'FieldValueForbidden',
  },
  {
    cel: "!has(oldSelf.outcome) || (has(self.outcome) && (self.outcome == oldSelf.outcome || (oldSelf.outcome.decision == 'Upheld' && self.outcome.decision == 'Burned')))",
    message: 'outcome cannot change once it is recorded, except from Upheld to Burned',
    fieldPath: '.outcome',
    reason: 'FieldValueForbidden',
  },
];

const ioSlashCaseStatusSchema = ruled(
  z.object({
    observedGeneration: observedGeneration(),
    conditions: conditions(Object.keys(ioSlashCaseReasons)),
    chain: z
      .object({
        address: solanaAddress().describe('Account of the case.'),
        stake: solanaAddress().describe('Account of the stake that it is against.'),
        owner: solanaAddress().describe('Wallet whose stake it is, and who may appeal.'),
        amountBaseUnits: baseUnits().describe('What is at risk, in base units of IO.'),
        openedTime: timestamp().describe('When it was opened.'),
        deadlineTime: timestamp().describe('Until when the owner may appeal.'),
      })
      .optional()
      .describe('The case on the chain. Left out before it is opened there.'),
    appeal: z
      .object({
        time: timestamp().describe('When the appeal arrived.'),
        sha256: sha256Hex().optional().describe('SHA-256 of what the owner says, as on the chain.'),
        statement: prose(4096).optional().describe('What the owner says.'),
      })
      .optional()
      .describe('The appeal of the owner. Left out while there is none.'),
    outcome: z
      .object({
        decision: z
          .enum(['Upheld', 'Reversed', 'Burned'])
          .describe('Upheld against the owner, Reversed for the owner, or Burned.'),
        time: timestamp().describe('When it was decided.'),
        statement: prose(4096).optional().describe('Why.'),
      })
      .optional()
      .describe('How the case ended. Left out while it is open.'),
  }),
  ...statusRules,
).describe('How the case stands. Written by the hub only.');

export const ioSlashCaseSchema = customObject(
  'IOSlashCase',
  ioSlashCaseSpecSchema,
  ioSlashCaseStatusSchema,
).describe('An accusation against a device, with evidence, a deadline, an appeal and an outcome.');

export type IOSlashCaseSpec = Wire<z.output<typeof ioSlashCaseSpecSchema>>;
export type IOSlashCaseStatus = Wire<z.output<typeof ioSlashCaseStatusSchema>>;
export type IOSlashCase = CustomObject<'IOSlashCase', IOSlashCaseSpec, IOSlashCaseStatus>;

export const ioSlashCaseDefinition: CustomResource = {
  kind: 'IOSlashCase',
  plural: 'ioslashcases',
  singular: 'ioslashcase',
  shortNames: ['ios'],
  namespaced: true,
  schema: ioSlashCaseSchema,
  printerColumns: [
    {
      name: 'Device',
      type: 'string',
      jsonPath: '.spec.deviceRef.name',
      description: 'The device that is accused.',
    },
    { name: 'Reason', type: 'string', jsonPath: '.spec.reason', description: 'Of what.' },
    {
      name: 'BaseUnits',
      type: 'string',
      jsonPath: '.spec.amountBaseUnits',
      description: 'Stake at risk in base units of IO.',
    },
    conditionColumn('Opened', 'Whether it is on the chain.'),
    conditionColumn('Appealed', 'Whether the owner appealed.'),
    {
      name: 'Outcome',
      type: 'string',
      jsonPath: '.status.outcome.decision',
      description: 'How it ended.',
    },
    {
      name: 'Deadline',
      type: 'string',
      jsonPath: '.status.chain.deadlineTime',
      description: 'Until when the owner may appeal.',
    },
    ageColumn,
  ],
};

export const ioSlashCaseResource = resourceOf<IOSlashCase>(ioSlashCaseDefinition);
export const decodeIOSlashCase = ioSlashCaseResource.decode;
