import { parseArgs } from 'node:util';
import { z } from 'zod';

/** A process is told what to do by flags; each flag has a twin in the environment, IO_<FLAG>. */

const address = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/,
    'must be host:port, e.g. 127.0.0.1:8080',
  )
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  });

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const logLevel = z.enum(['debug', 'info', 'warn', 'error']);
const count = (minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum);

const common = {
  'log-level': logLevel.default('info'),
  'metrics-address': address.default({ host: '127.0.0.1', port: 8080 }),
  'shutdown-timeout-seconds': count(1, 600).default(20),
};

const path = z.string().min(1).max(4096);
const memberName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'must be the name of an IOMember');
const accountKey = z
  .string()
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'must be namespace/name of an IOAccount');
const epoch = count(1, 2_000_000_000);
const asset = z.enum(['USDC', 'IO']);
const hour = z.iso
  .datetime('must be RFC 3339, e.g. 2026-11-01T00:00:00Z')
  .transform((text) => Date.parse(text) / 1000)
  .refine((seconds) => seconds % 3600 === 0, 'must be on a full hour');

/** A connection string holds a password, so it is read from a file or from IO_DATABASE_URL. */
const database = { 'database-url-file': path.optional() };

const hubFlags = z.object({
  ...common,
  ...database,
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
});

const agentFlags = z.object({
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

const apiFlags = z.object({
  ...common,
  ...database,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8082 }),
  'listen-address': address.default({ host: '0.0.0.0', port: 8443 }),
  'tls-cert': path,
  'tls-key': path,
  'client-ca': path,
});

const migrateFlags = z.object({ ...common, ...database, genesis: hour.optional() });

const auditFlags = z.object({
  ...common,
  ...database,
  from: epoch.default(1),
  to: epoch.optional(),
  out: path.optional(),
});

const depositFlags = z.object({
  ...common,
  ...database,
  account: accountKey,
  asset: asset.default('USDC'),
  amount: z.string().regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, 'must be a decimal number, e.g. 100.00'),
  reference: z.string().min(1).max(128),
});

const statementFlags = z.object({
  ...common,
  ...database,
  account: accountKey,
  month: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM'),
  format: z.enum(['text', 'csv', 'focus', 'html']).default('text'),
});

const deadLettersFlags = z.object({
  ...common,
  ...database,
  action: z.enum(['list', 'replay', 'discard']).default('list'),
  member: memberName.optional(),
  letter: count(1, Number.MAX_SAFE_INTEGER).optional(),
  change: z.string().max(4096).optional(),
  reason: z.string().max(512).optional(),
});

type Of<Schema extends z.ZodType, Command extends string> = Readonly<
  z.output<Schema> & { command: Command }
>;

/** `io-operator hub`: the controllers on the hub's API server. */
export type HubConfig = Of<typeof hubFlags, 'hub'>;
/** `io-operator agent`: the member side; dials out only. */
export type AgentConfig = Of<typeof agentFlags, 'agent'>;
/** `io-operator api`: the HTTPS server that takes usage in. */
export type ApiConfig = Of<typeof apiFlags, 'api'>;
/** `io-operator migrate`: brings the database to this version. */
export type MigrateConfig = Of<typeof migrateFlags, 'migrate'>;
/** `io-operator audit`: computes epochs again and compares. */
export type AuditConfig = Of<typeof auditFlags, 'audit'>;
/** `io-operator deposit`: books what an account paid in. */
export type DepositConfig = Of<typeof depositFlags, 'deposit'>;
/** `io-operator statement`: what an account earned or spent in a month. */
export type StatementConfig = Of<typeof statementFlags, 'statement'>;
/** `io-operator dead-letters`: usage that was refused. */
export type DeadLettersConfig = Of<typeof deadLettersFlags, 'dead-letters'>;
export type Config =
  | HubConfig
  | AgentConfig
  | ApiConfig
  | MigrateConfig
  | AuditConfig
  | DepositConfig
  | StatementConfig
  | DeadLettersConfig;

/** What a person typed was not understood: the message says which flag, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const commands = {
  hub: hubFlags,
  agent: agentFlags,
  api: apiFlags,
  migrate: migrateFlags,
  audit: auditFlags,
  deposit: depositFlags,
  statement: statementFlags,
  'dead-letters': deadLettersFlags,
} as const;

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
