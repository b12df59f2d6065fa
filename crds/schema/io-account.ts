import { z } from 'zod';
import { ioAccountReasons } from './conditions.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import {
  asset,
  exactDecimal,
  int32,
  mapOf,
  prose,
  sha256Hex,
  solanaAddress,
  timestamp,
} from './fields.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { ruled, type Rule } from './rule.ts';

const rules: readonly Rule<{ kind: string; quota?: object | undefined }>[] = [
  {
    cel: "!has(self.quota) || self.kind != 'Supplier'",
    message: 'quota limits what a renter leases; a Supplier leases nothing, so leave it out',
    fieldPath: '.quota',
    holds: (spec) => spec.quota === undefined || spec.kind !== 'Supplier',
  },
  {
    cel: '!has(oldSelf.wallet) || (has(self.wallet) && self.wallet == oldSelf.wallet)',
    message: 'wallet cannot change once it is set; make a new IOAccount for another wallet',
    fieldPath: '.wallet',
    reason: 'FieldValueForbidden',
  },
];

const ioAccountSpecSchema = ruled(
  z.object({
    kind: z
      .enum(['Renter', 'Supplier', 'Both'])
      .describe('Renter pays for leases, Supplier earns from devices, Both does both.'),
    displayName: prose(128).optional().describe('Name for people.'),
    wallet: solanaAddress()
      .optional()
      .describe('Solana address that is paid out to. It cannot change once it is set.'),
    quota: z
      .object({
        maxDevices: int32(0, 1_000_000).describe(
          'Most devices that all IOClusters may lease at a time.',
        ),
      })
      .optional()
      .describe('Limits of a renter. No limit when left out.'),
  }),
  ...rules,
).describe('Who the account belongs to and what it may do.');

const balance = z
  .object({
    asset: asset().describe('What the amounts are in.'),
    available: exactDecimal().describe('What can be spent or withdrawn.'),
    held: exactDecimal().describe('What is reserved for leases.'),
    earned: exactDecimal().describe('What the account earned as a supplier.'),
  })
  .describe('What the account has of one asset.');

const ioAccountStatusSchema = z
  .object({
    observedGeneration: observedGeneration(),
    conditions: conditions(Object.keys(ioAccountReasons)),
    devicesInUse: int32(0, 1_000_000)
      .optional()
      .describe('Devices that the IOClusters of this account lease now.'),
    balances: mapOf(balance, 'asset', { max: 8 })
      .optional()
      .describe('A copy of the ledger, which alone counts. Absent while the hub has no ledger.'),
    deposit: z
      .object({
        reference: sha256Hex().describe(
          'What a deposit has to carry to be credited: as the reference of the program, or as a memo.',
        ),
        accounts: mapOf(
          z
            .object({
              asset: asset().describe('What is paid in.'),
              address: solanaAddress().describe('Token account that it is sent to.'),
            })
            .describe('Where one asset is paid in.'),
          'asset',
          { max: 8 },
        ).describe('Where it is sent to.'),
      })
      .optional()
      .describe('How to pay in. Absent while the hub has no chain.'),
    balancesTime: timestamp().optional().describe('When the balances were last found changed.'),
  })
  .describe('What the hub knows of the account. Written by the hub only.');

export const ioAccountSchema = customObject(
  'IOAccount',
  ioAccountSpecSchema,
  ioAccountStatusSchema,
).describe('An owner of money: who pays for leases, or earns from devices.');

export type IOAccountSpec = Wire<z.output<typeof ioAccountSpecSchema>>;
export type IOAccountBalance = NonNullable<
  NonNullable<z.output<typeof ioAccountStatusSchema>['balances']>[number]
>;
export type IOAccountStatus = Wire<z.output<typeof ioAccountStatusSchema>>;
export type IOAccount = CustomObject<'IOAccount', IOAccountSpec, IOAccountStatus>;

export const ioAccountDefinition: CustomResource = {
  kind: 'IOAccount',
  plural: 'ioaccounts',
  singular: 'ioaccount',
  shortNames: ['ioa'],
  namespaced: true,
  schema: ioAccountSchema,
  printerColumns: [
    {
      name: 'Kind',
      type: 'string',
      jsonPath: '.spec.kind',
      description: 'Renter, Supplier or Both.',
    },
    conditionColumn('Ready', 'Whether the account can be used.'),
    {
      name: 'Devices',
      type: 'integer',
      jsonPath: '.status.devicesInUse',
      description: 'Devices leased now.',
    },
    {
      name: 'Quota',
      type: 'integer',
      jsonPath: '.spec.quota.maxDevices',
      description: 'Most devices at a time.',
    },
    {
      name: 'USDC',
      type: 'string',
      jsonPath: '.status.balances[?(@.asset=="USDC")].available',
      description: 'USDC that can be spent.',
    },
    {
      name: 'Held',
      type: 'string',
      jsonPath: '.status.balances[?(@.asset=="USDC")].held',
      description: 'USDC that is reserved for leases.',
    },
    {
      name: 'Earned',
      type: 'string',
      jsonPath: '.status.balances[?(@.asset=="USDC")].earned',
      description: 'USDC that was earned.',
    },
    {
      name: 'IO',
      type: 'string',
      jsonPath: '.status.balances[?(@.asset=="IO")].available',
      description: 'IO that can be spent.',
    },
    ageColumn,
    {
      name: 'Wallet',
      type: 'string',
      jsonPath: '.spec.wallet',
      description: 'Solana address.',
      priority: 1,
    },
  ],
};

export const ioAccountResource = resourceOf<IOAccount>(ioAccountDefinition);
export const decodeIOAccount = ioAccountResource.decode;
