import { parseArgs } from 'node:util';

/** What a person typed was not understood: the message says what would be right. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const connection = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
const waiting = { wait: { type: 'boolean' }, timeout: { type: 'string' } } as const;

/** Verbs with what may follow them. */
const verbs = {
  invite: {
    usage: 'invite NAME [--ttl 1h] [--enrolment N] [--hub-url URL] [--hub-ca FILE] [--api-url URL]',
    flags: {
      ...{ ttl: { type: 'string' }, enrolment: { type: 'string' }, 'hub-url': { type: 'string' } },
      ...{ 'hub-ca': { type: 'string' }, 'api-url': { type: 'string' } },
    },
  },
  accept: { usage: 'accept NAME [--key sha256:…]', flags: { key: { type: 'string' } } },
  deny: { usage: 'deny NAME', flags: {} },
  revoke: { usage: 'revoke NAME [--member]', flags: { member: { type: 'boolean' } } },
  cordon: { usage: 'cordon NAME', flags: {} },
  uncordon: { usage: 'uncordon NAME', flags: {} },
  drain: {
    usage: 'drain NAME [--deadline 10m] [--wait] [--timeout 1h]',
    flags: { deadline: { type: 'string' }, ...waiting },
  },
  remove: {
    usage: 'remove NAME [--deadline 10m] [--wait] [--timeout 1h]',
    flags: { deadline: { type: 'string' }, ...waiting },
  },
  list: { usage: 'list', flags: {} },
} as const satisfies Record<
  string,
  { usage: string; flags: Record<string, { type: 'string' | 'boolean'; short?: string }> }
>;

export type Verb = keyof typeof verbs;

export type Command = Readonly<{
  verb: Verb;
  /** Empty for `list`. */
  name: string;
  flags: Readonly<Record<string, string | boolean | undefined>>;
}>;

export const usage = `usage: kubectl io member VERB [--kubeconfig FILE] [--context NAME]
${Object.values(verbs)
  .map((verb) => `  kubectl io member ${verb.usage}`)
  .join('\n')}`;

/** Reads what follows `kubectl io`. Throws UsageError; `help` stands for a person who asks. */
export function parseCommand(args: readonly string[]): Command | 'help' {
  const [noun, verb, ...rest] = args;
  if (isHelp(noun) || (noun === 'member' && isHelp(verb))) return 'help';
  if (noun !== 'member' || !isVerb(verb)) throw new UsageError(usage);
  const { flags, usage: right } = verbs[verb];
  const said = `usage: kubectl io member ${right}`;
  const { values, positionals } = parsed(rest, { ...flags, ...connection }, said);
  if (values['help'] === true) return 'help';
  const [name = '', ...more] = positionals;
  if (verb === 'list' ? positionals.length > 0 : name === '' || more.length > 0) {
    throw new UsageError(said);
  }
  if (verb !== 'list' && !/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/.test(name)) {
    throw new UsageError(
      `NAME ${JSON.stringify(name)}: must be lower-case letters, digits and dashes, at most 53\n${said}`,
    );
  }
  return { verb, name, flags: values };
}

/** A flag with a text; undefined when it was not given. */
export function textFlag({ flags }: Command, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** A flag with a duration such as 90s, 10m or 1h30m, in seconds. Throws UsageError. */
export function secondsFlag(command: Command, name: string): number | undefined {
  const text = textFlag(command, name);
  if (text === undefined) return undefined;
  const parts = /^(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?$/.exec(text);
  if (parts === null || text === '') {
    throw new UsageError(`--${name} ${text}: must be a duration such as 90s, 10m or 1h30m`);
  }
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** A flag with a URL that begins with https. Throws UsageError. */
export function urlFlag(command: Command, name: string): string | undefined {
  const text = textFlag(command, name);
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw new UsageError(`--${name} ${text}: must be a URL such as https://hub.example.org`);
  }
  return text;
}

const isHelp = (word: string | undefined): boolean => ['--help', '-h', 'help'].includes(word ?? '');

const isVerb = (verb: string | undefined): verb is Verb =>
  verb !== undefined && Object.hasOwn(verbs, verb);

function parsed(
  args: readonly string[],
  options: Record<string, { type: 'string' | 'boolean'; short?: string }>,
  said: string,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${said}`);
  }
}
