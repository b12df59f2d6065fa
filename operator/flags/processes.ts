import { z } from 'zod';
import { kubernetesSigner, ownSigner } from '../domain/member/join.ts';
import { isGatewayId } from '../domain/tunnel/headers.ts';
import { maxGateways } from '../domain/tunnel/limits.ts';
import { site } from './site.ts';
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

/** namespace/name of an object in the member's own cluster. */
const objectKey = z
  .string()
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'must be namespace/name, e.g. io-member/policy');

/** The way to a hub: for agents and for what looks after them. */
const hubUrl = z.url({ protocol: /^https$/, error: 'must be https://host:port' });
const agentUrl = z.url({ protocol: /^http$/, error: 'must be http://host:port' });
const proxyUrl = z.url({ protocol: /^https?$/, error: 'must be http://host:port' });

/** Labels of the pods of NVIDIA's DCGM exporter. */
const dcgmSelector = z.string().min(1).max(1024).default('app.kubernetes.io/name=dcgm-exporter');

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
  // With these, the hub signs agents' certificates itself, where its API server signs none.
  'member-ca-cert-file': path.optional(),
  'member-ca-key-file': path.optional(),
  'member-certificate-hours': count(1, 8_760).default(720),
  // By which people reach the api: with it, IOClusters that are ready say where they are reached.
  'gateway-url': hubUrl.transform((url) => url.replace(/\/+$/, '')).optional(),
  // With it, the hub keeps a ClusterProfile for each of its members there.
  'cluster-profile-namespace': z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace, e.g. fleet')
    .optional(),
});

export const agentFlags = z.object({
  ...common,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8081 }),
  member: memberName,
  // Either what the agent is known by, or how it joins.
  'hub-kubeconfig': path.optional(),
  'hub-url': hubUrl.optional(),
  'hub-ca-file': path.optional(),
  'join-token-file': path.optional(),
  enrolment: count(1, 1_000_000).default(1),
  'member-file': path.optional(),
  'credentials-secret': objectKey.optional(),
  'state-directory': path.optional(),
  'https-proxy': proxyUrl.optional(),
  'certificate-hours': count(1, 8_760).default(720),
  'hub-signer': z.enum([kubernetesSigner, ownSigner]).default(kubernetesSigner),
  kubeconfig: path.optional(),
  'heartbeat-seconds': count(1, 300).default(10),
  concurrency: count(1, 256).default(16),
  'api-url': z.url({ protocol: /^https$/, error: 'must be https://host:port' }).optional(),
  'api-ca': path.optional(),
  'spool-directory': path.optional(),
  'report-seconds': count(1, 60).default(5),
  'evidence-seconds': count(0, 600).default(60),
  'health-seconds': count(0, 600).default(15),
  'dcgm-selector': dcgmSelector,
  // Who tells of devices: labels of the nodes, or ResourceSlices of NVIDIA's DRA driver.
  'device-source': z.enum(['labels', 'dra']).default('labels'),
  // The ClusterQueue of Kueue in which leases wait; without it they run at once.
  'kueue-queue': z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a ClusterQueue, e.g. gpu')
    .optional(),
  // A ConfigMap in which the data centre says what it lets run.
  'policy-config-map': objectKey.optional(),
  // With --api-url: whether renters reach their clusters through a tunnel to the api.
  tunnel: flag.default(true),
});

export const apiFlags = z.object({
  ...common,
  ...database,
  // With program and mint, the server also has proofs of rewards; with all of it, it builds
  // transactions for wallets to sign.
  ...chain,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8082 }),
  'listen-address': address.default({ host: '0.0.0.0', port: 8443 }),
  'tls-cert': path,
  'tls-key': path,
  'client-ca': path,
  // Its IOMembers say who is let in, and its IOAccounts who may ask about money.
  'hub-kubeconfig': z
    .string('is needed: the hub says which members are let in, whatever their certificates say')
    .min(1)
    .max(4096),
  'public-domain': z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$/, 'must be host or host:port, as people type it')
    .default('localhost'),
  'chain-id': z.enum(['mainnet', 'devnet', 'testnet', 'localnet']).default('localnet'),
  'nonce-key-file': path.optional(),
  ...site,
  // Agents keep a tunnel to each of several gateways behind one address: which one this is (by default
  // the name of the host), and how many there are.
  'gateway-id': z
    .string()
    .refine(isGatewayId, 'must be letters, digits, dots and dashes, at most 127')
    .optional(),
  'gateway-replicas': count(1, maxGateways).default(1),
  // Whether data centres are invited here; the server needs rights of its own for it. How they reach the
  // hub, where that is not how the server does.
  invitations: flag.default(false),
  'join-hub-url': hubUrl.optional(),
  'join-hub-ca-file': path.optional(),
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

export const preflightFlags = z.object({
  ...common,
  'hub-url': hubUrl,
  'hub-ca-file': path.optional(),
  'https-proxy': proxyUrl.optional(),
  'member-file': path,
  'dcgm-selector': dcgmSelector,
  kubeconfig: path.optional(),
  installed: flag.default(false),
  // With --installed: whose agent it is, where it answers, and where its certificate lies.
  member: memberName.optional(),
  'agent-url': agentUrl.optional(),
  'credentials-secret': objectKey.optional(),
});

export const leaveFlags = z.object({
  ...common,
  member: memberName,
  'credentials-secret': objectKey,
  'policy-config-map': objectKey,
  'deadline-seconds': count(0, 604_800).default(600),
  kubeconfig: path.optional(),
  // The agent: where it says what it has yet to report, and what is scaled to nothing to stop it.
  'agent-url': agentUrl.optional(),
  'agent-deployment': objectKey.optional(),
  // Without these the hub is not asked whether it has let everything go.
  'hub-url': hubUrl.optional(),
  'hub-ca-file': path.optional(),
  'https-proxy': proxyUrl.optional(),
  // CustomResourceDefinitions to delete, with commas between; one that is used by others stays.
  definitions: z
    .string()
    .regex(/^([a-z0-9.-]{1,253}(,|$)){1,16}$/, 'must be names of CustomResourceDefinitions')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .optional(),
});
