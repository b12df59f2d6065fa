import { parseArgs } from 'node:util';
import type { z } from 'zod';
import {
  hubFlags,
  agentFlags,
  apiFlags,
  auditorFlags,
  migrateFlags,
  localnetFlags,
  preflightFlags,
  leaveFlags,
} from './flags/processes.ts';
import {
  auditFlags,
  depositFlags,
  withdrawFlags,
  statementFlags,
  deadLettersFlags,
  epochsFlags,
  suspenseFlags,
  reconcileFlags,
  rewardsBundleFlags,
} from './flags/ledger.ts';
import {
  walletFlags,
  stakeFlags,
  appealFlags,
  adjudicateFlags,
  payInFlags,
  fundRewardsFlags,
  initializeProgramFlags,
  claimFlags,
} from './flags/wallet.ts';

/** A process is told what to do by flags; each flag has a twin in the environment, IO_<FLAG>. */

const commands = {
  hub: hubFlags,
  agent: agentFlags,
  api: apiFlags,
  migrate: migrateFlags,
  audit: auditFlags,
  deposit: depositFlags,
  statement: statementFlags,
  'dead-letters': deadLettersFlags,
  epochs: epochsFlags,
  wallet: walletFlags,
  suspense: suspenseFlags,
  reconcile: reconcileFlags,
  stake: stakeFlags,
  unstake: stakeFlags,
  'withdraw-stake': stakeFlags,
  appeal: appealFlags,
  adjudicate: adjudicateFlags,
  'pay-in': payInFlags,
  withdraw: withdrawFlags,
  'fund-rewards': fundRewardsFlags,
  'initialize-program': initializeProgramFlags,
  auditor: auditorFlags,
  claim: claimFlags,
  'rewards-bundle': rewardsBundleFlags,
  localnet: localnetFlags,
  preflight: preflightFlags,
  leave: leaveFlags,
} as const;

type Flags = typeof commands;
/** What a command was told. */
type ConfigOf<Command extends keyof Flags> = {
  [Name in Command]: Readonly<z.output<Flags[Name]> & { command: Name }>;
}[Command];
export type Config = ConfigOf<keyof Flags>;

/** `io-operator hub`: the controllers on the hub's API server. */
export type HubConfig = ConfigOf<'hub'>;
/** `io-operator agent`: the member side; dials out only. */
export type AgentConfig = ConfigOf<'agent'>;
/** `io-operator api`: the HTTPS server that takes usage in. */
export type ApiConfig = ConfigOf<'api'>;
/** `io-operator migrate`: brings the database to this version. */
export type MigrateConfig = ConfigOf<'migrate'>;
/** `io-operator audit`: computes epochs again and compares. */
export type AuditConfig = ConfigOf<'audit'>;
/** `io-operator deposit`: books what an account paid in. */
export type DepositConfig = ConfigOf<'deposit'>;
/** `io-operator statement`: what an account earned or spent in a month. */
export type StatementConfig = ConfigOf<'statement'>;
/** `io-operator dead-letters`: usage that was refused. */
export type DeadLettersConfig = ConfigOf<'dead-letters'>;
/** `io-operator epochs`: lists closed epochs, pauses closing and resumes it. */
export type EpochsConfig = ConfigOf<'epochs'>;
/** `io-operator wallet`: proves that a wallet is that of an account. */
export type WalletConfig = ConfigOf<'wallet'>;
/** `io-operator pay-in`: tokens into custody. */
export type PayInConfig = ConfigOf<'pay-in'>;
/** `io-operator fund-rewards`: IO for claims. */
export type FundRewardsConfig = ConfigOf<'fund-rewards'>;
/** `io-operator withdraw`: out of custody, into the wallet of an account. */
export type WithdrawConfig = ConfigOf<'withdraw'>;
/** `io-operator initialize-program`: the program's configuration and vaults. */
export type InitializeProgramConfig = ConfigOf<'initialize-program'>;
/** `io-operator localnet`: a Solana chain of one node, for development and tests. */
export type LocalnetConfig = ConfigOf<'localnet'>;
/** `io-operator suspense`: tokens in custody, of which nobody knows for whom they came. */
export type SuspenseConfig = ConfigOf<'suspense'>;
/** `io-operator reconcile`: where ledger and chain differ, and repairs that a person approves. */
export type ReconcileConfig = ConfigOf<'reconcile'>;
/** `io-operator stake`, `unstake` and `withdraw-stake`: what a supplier does about its stake. */
export type StakeConfig = ConfigOf<'stake' | 'unstake' | 'withdraw-stake'>;
/** `io-operator appeal`: the owner of a stake contradicts a case. */
export type AppealConfig = ConfigOf<'appeal'>;
/** `io-operator adjudicate`: the adjudicator ends a case. */
export type AdjudicateConfig = ConfigOf<'adjudicate'>;
/** `io-operator auditor`: cancels roots of rewards that are not what the ledger comes to. */
export type AuditorConfig = ConfigOf<'auditor'>;
/** `io-operator claim`: gets a wallet the rewards that it has not claimed yet. */
export type ClaimConfig = ConfigOf<'claim'>;
/** `io-operator rewards-bundle`: writes a root with all proofs to a folder. */
export type RewardsBundleConfig = ConfigOf<'rewards-bundle'>;
/** `io-operator preflight`: whether a cluster can be a member, or is one. */
export type PreflightConfig = ConfigOf<'preflight'>;
/** `io-operator leave`: a member hands back its leases and what was made for it. */
export type LeaveConfig = ConfigOf<'leave'>;
/** What a person typed was not understood: the message says which flag, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads flags, then the environment. Throws ConfigError. */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const [command, ...rest] = args;
  if (!isCommand(command)) {
    const names = Object.keys(commands).join('|');
    throw new ConfigError(`usage: io-operator ${names} [--flag value …]\n${usage()}`);
  }
  const schema = commands[command];
  const names = Object.keys(schema.shape);
  const given = parse(command, rest, names);
  for (const name of names) {
    given[name] ??= environment[`IO_${name.replaceAll('-', '_').toUpperCase()}`];
  }
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `--${issue.path.join('.')}: ${issue.message}`,
    );
    throw new ConfigError(`io-operator ${command}: ${problems.join('; ')}`);
  }
  return Object.freeze({ ...result.data, command }) as Config;
}

function isCommand(name: string | undefined): name is keyof typeof commands {
  return name !== undefined && Object.hasOwn(commands, name);
}

function parse(
  command: string,
  args: readonly string[],
  names: readonly string[],
): Record<string, string | undefined> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    return { ...parseArgs({ args: [...args], options, allowPositionals: false }).values };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`io-operator ${command}: ${reason}; flags are --${names.join(', --')}`);
  }
}

function usage(): string {
  const lines = Object.entries(commands).map(
    ([name, schema]) => `  ${name}: --${Object.keys(schema.shape).join(' --')}`,
  );
  return lines.join('\n');
}
