import { z } from 'zod';
import {
  accountKey,
  asset,
  chain,
  chainAddress,
  common,
  count,
  decimal,
  flag,
  hour,
  memberName,
  path,
} from './fields.ts';

/** Flags of commands that sign with a key of the caller, and go to the chain. */

export const walletFlags = z.object({
  ...common,
  account: accountKey,
  'wallet-key-file': path,
  'api-url': z.url({ protocol: /^https$/, error: 'must be https://host:port' }),
  'api-ca': path.optional(),
  /** A token of Kubernetes that may update the IOAccount: kubectl create token … */
  'token-file': path,
});

export const stakeFlags = z.object({
  ...common,
  ...chain,
  'wallet-key-file': path,
  member: memberName.optional(),
  device: z.string().min(1).max(253).optional(),
  all: flag.default(false),
  amount: decimal.optional(),
  kubeconfig: path.optional(),
});

const caseFlags = {
  ...common,
  ...chain,
  case: z.string().min(1).max(317),
  kubeconfig: path.optional(),
};

export const appealFlags = z.object({
  ...caseFlags,
  'wallet-key-file': path,
  'statement-file': path,
});

export const adjudicateFlags = z.object({
  ...caseFlags,
  'key-file': path,
  outcome: z.enum(['Upheld', 'Reversed']),
});

export const payInFlags = z.object({
  ...common,
  ...chain,
  account: accountKey,
  asset: asset.default('USDC'),
  amount: decimal,
  'wallet-key-file': path,
});

export const fundRewardsFlags = z.object({
  ...common,
  ...chain,
  amount: decimal,
  'wallet-key-file': path,
});

export const initializeProgramFlags = z.object({
  ...common,
  ...chain,
  'wallet-key-file': path,
  publisher: chainAddress,
  slasher: chainAddress,
  adjudicator: chainAddress,
  auditor: chainAddress,
  treasurer: chainAddress,
  genesis: hour,
  'cooldown-seconds': count(0, 31_536_000).default(1_209_600),
  'appeal-seconds': count(0, 31_536_000).default(2_592_000),
  'adjudication-seconds': count(0, 31_536_000).default(7_776_000),
  'challenge-delay-seconds': count(0, 86_400).default(1_800),
  'slash-cap': decimal.default('100000'),
  'emission-cap': decimal.default('10000'),
  'io-pay-out-cap': decimal.default('1000000'),
  'usdc-pay-out-cap': decimal.default('1000000'),
});

export const claimFlags = z.object({
  ...common,
  ...chain,
  'wallet-key-file': path,
  'api-url': z.url({ protocol: /^https$/, error: 'must be https://host:port' }).optional(),
  'api-ca': path.optional(),
  /** A folder, or the URL of one. */
  bundle: path.optional(),
});
