import {
  byRule,
  bySchema,
  manifest,
  type BadVector,
  type GoodVector,
  type Manifest,
} from './vector.ts';

/** Solana's token program: an address that everybody knows. */
export const wallet = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

export const account = (spec: object = {}): Manifest =>
  manifest('IOAccount', 'team-a', { kind: 'Renter', ...spec });

export const goodAccounts: readonly GoodVector[] = [
  { name: 'a renter', object: account() },
  {
    name: 'a renter with a wallet and a quota',
    object: account({ displayName: 'Team A', wallet, quota: { maxDevices: 64 } }),
  },
  { name: 'a name of as many emoji as fit', object: account({ displayName: '🖧'.repeat(128) }) },
  { name: 'a supplier without a wallet for now', object: account({ kind: 'Supplier' }) },
  {
    name: 'renter and supplier in one',
    object: account({ kind: 'Both', wallet, quota: { maxDevices: 0 } }),
  },
];

export const badAccounts: readonly BadVector[] = [
  bySchema('no kind', manifest('IOAccount', 'team-a', {}), 'spec.kind: Required value'),
  bySchema(
    'a kind that does not exist',
    account({ kind: 'Admin' }),
    'spec.kind: supported values: "Renter", "Supplier", "Both"',
  ),
  byRule(
    'a wallet of Ethereum',
    account({ wallet: `0x${'0a'.repeat(20)}` }),
    'spec.wallet: must be a Solana address in base58, 32 to 44 characters long',
  ),
  bySchema(
    'a wallet that is too short',
    account({ wallet: 'TokenkegQfeZyiNwAJb' }),
    'spec.wallet: should be at least 32 chars long',
  ),
  bySchema(
    'a name that is too long',
    account({ displayName: '🖧'.repeat(129) }),
    'spec.displayName: may not be more than 128',
  ),
  byRule(
    'a quota of a supplier',
    account({ kind: 'Supplier', quota: { maxDevices: 8 } }),
    'spec.quota: quota limits what a renter leases; a Supplier leases nothing, so leave it out',
  ),
  bySchema(
    'a quota without a number',
    account({ quota: {} }),
    'spec.quota.maxDevices: Required value',
  ),
];
