import { z } from 'zod';
import {
  address,
  chain,
  chainAddress,
  chainKeys,
  common,
  count,
  database,
  flag,
  hour,
  memberName,
  path,
} from './fields.ts';

/** Flags of what runs: each is one process. */

export const hubFlags = z.object({
  ...common,
  ...database,
  ...chain,
  ...chainKeys,
  'solana-max-priority-fee': count(0, 100_000_000).default(100_000),
  kubeconfig: path.optional(),
  'leader-election': flag.default(true),
  'leader-election-namespace': z.string().max(63).default('io-system'),
  'leader-election-lease-seconds': count(3, 300).default(15),
  identity: z.string().max(253).optional(),
  'member-lost-seconds': count(5, 3600).default(40),
  concurrency: count(1, 256).default(16),
  'hold-hours': count(1, 168).default(2),
  'budget-grace-seconds': count(0, 86_400).default(300),
  'money-poll-seconds': count(1, 300).default(5),
  'io-price-micro-usd': count(1, 1_000_000_000_000).optional(),
  'io-price-file': path.optional(),
  'reward-config': path.optional(),
  'payout-batch-seconds': count(0, 86_400).default(60),
  'require-stake': flag.default(false),
  'co-staking': flag.default(false),
});

export const agentFlags = z.object({
  ...common,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8081 }),
  member: memberName,
  'hub-kubeconfig': path,
  kubeconfig: path.optional(),
  'heartbeat-seconds': count(1, 300).default(10),
  concurrency: count(1, 256).default(16),
  'api-url': z.url({ protocol: /^https$/, error: 'must be https://host:port' }).optional(),
  'api-ca': path.optional(),
  'spool-directory': path.optional(),
  'report-seconds': count(1, 60).default(5),
  'evidence-seconds': count(0, 600).default(60),
  'dcgm-selector': z.string().min(1).max(1024).default('app.kubernetes.io/name=dcgm-exporter'),
});

export const apiFlags = z.object({
  ...common,
  ...database,
  // With these, the server also has proofs of rewards.
  'solana-program-id': chainAddress.optional(),
  'solana-io-mint': chainAddress.optional(),
  'metrics-address': address.default({ host: '127.0.0.1', port: 8082 }),
  'listen-address': address.default({ host: '0.0.0.0', port: 8443 }),
  'tls-cert': path,
  'tls-key': path,
  'client-ca': path,
  // With these, the server also answers about IOAccounts.
  'hub-kubeconfig': path.optional(),
  'public-domain': z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$/, 'must be host or host:port, as people type it')
    .default('localhost'),
  'chain-id': z.enum(['mainnet', 'devnet', 'testnet', 'localnet']).default('localnet'),
  'nonce-key-file': path.optional(),
});

export const auditorFlags = z.object({
  ...common,
  ...database,
  ...chain,
  ...chainKeys,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8083 }),
});

export const migrateFlags = z.object({ ...common, ...database, genesis: hour.optional() });

export const localnetFlags = z.object({
  ...common,
  port: count(0, 65_534).default(8899),
  data: path.optional(),
  program: path.optional(),
  'program-id': chainAddress.optional(),
  'program-authority': chainAddress.optional(),
  clock: z.enum(['real', 'manual']).default('real'),
  'slot-ms': count(1, 60_000).default(400),
});
