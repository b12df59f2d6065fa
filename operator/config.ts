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

const hubFlags = z.object({
  ...common,
  kubeconfig: z.string().max(4096).optional(),
  'leader-election': flag.default(true),
  'leader-election-namespace': z.string().max(63).default('io-system'),
  'leader-election-lease-seconds': count(3, 300).default(15),
  identity: z.string().max(253).optional(),
  'member-lost-seconds': count(5, 3600).default(40),
  concurrency: count(1, 256).default(16),
});

const agentFlags = z.object({
  ...common,
  'metrics-address': address.default({ host: '127.0.0.1', port: 8081 }),
  member: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'must be the name of an IOMember'),
  'hub-kubeconfig': z.string().max(4096),
  kubeconfig: z.string().max(4096).optional(),
  'heartbeat-seconds': count(1, 300).default(10),
  concurrency: count(1, 256).default(16),
});

/** `io-operator hub`: the controllers on the hub's API server. */
export type HubConfig = Readonly<z.output<typeof hubFlags> & { command: 'hub' }>;
/** `io-operator agent`: the member side; dials out only. */
export type AgentConfig = Readonly<z.output<typeof agentFlags> & { command: 'agent' }>;
export type Config = HubConfig | AgentConfig;

/** What a person typed was not understood: the message says which flag, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const commands = { hub: hubFlags, agent: agentFlags } as const;

/** Reads flags, then the environment. Throws ConfigError. */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const [command, ...rest] = args;
  if (command !== 'hub' && command !== 'agent') {
    throw new ConfigError(`usage: io-operator hub|agent [--flag value …]\n${usage()}`);
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
