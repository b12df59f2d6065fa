import type { Argument, Command, Option } from 'commander';
import { ioClusterResource, ioMemberResource } from '../../../crds/schema/index.ts';
import type { Resource } from '../../runtime/resource.ts';
import { servicePorts } from '../forward/port-forward.ts';
import type { Session } from '../session.ts';

type WithSession = <T>(
  options: Readonly<{ kubeconfig?: string; context?: string }>,
  act: (session: Session) => Promise<T>,
) => Promise<T>;

/** Somebody waits at the keyboard. */
const answerWithinMs = 2_000;
const maximumNames = 500;

/** Directives of cobra, which kubectl reads: no files, or what the shell does by itself. */
const noFiles = ':4';
const files = ':0';

/**
 * What may come next, as kubectl wants it of `kubectl_complete-io`: a candidate a line, with what it
 * is after a tab, and a directive. `words` are all words so far; the last may be unfinished or empty.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  withSession: WithSession,
): Promise<string> {
  const typed = readWords(program, words.slice(0, -1));
  const last = words.at(-1) ?? '';
  if (typed.afterDashes) return files;
  const { option } = typed;
  if (option !== undefined) return optionValues(option, typed.options, last, withSession);
  if (last.startsWith('-')) return lines(optionsOf(typed.command), last);
  const verbs = typed.command.commands.map((each) => [each.name(), each.description()] as const);
  if (verbs.length > 0) return lines(verbs, last);
  const names = await argumentValues(typed, withSession);
  return lines(names, last);
}

type Typed = Readonly<{
  command: Command;
  /** The option that waits for its value. */
  option: Option | undefined;
  options: Readonly<Record<string, string>>;
  /** How many arguments were given. */
  given: readonly string[];
  afterDashes: boolean;
}>;

function readWords(program: Command, words: readonly string[]): Typed {
  let command = program;
  let option: Option | undefined;
  const options: Record<string, string> = {};
  const given: string[] = [];
  for (const word of words) {
    if (option !== undefined) {
      options[option.attributeName()] = word;
      option = undefined;
    } else if (word === '--') {
      return { command, option: undefined, options, given, afterDashes: true };
    } else if (word.startsWith('-')) {
      const [flag = '', value] = word.split('=', 2);
      const found = command.options.find(({ short, long }) => flag === short || flag === long);
      if (found !== undefined && value !== undefined) options[found.attributeName()] = value;
      else if (found?.required === true) option = found;
    } else {
      const next = command.commands.find((each) => each.name() === word || each.alias() === word);
      if (next === undefined) given.push(word);
      else command = next;
    }
  }
  return { command, option, options, given, afterDashes: false };
}

const optionsOf = (command: Command): (readonly [string, string])[] =>
  command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map(({ long, description }) => [long ?? '', description] as const);

async function optionValues(
  option: Option,
  options: Readonly<Record<string, string>>,
  last: string,
  withSession: WithSession,
): Promise<string> {
  if (option.argChoices !== undefined) return lines(option.argChoices.map(bare), last);
  switch (option.long ?? '') {
    case '--context':
      return lines((await contextNames(options)).map(bare), last);
    case '--namespace':
      return lines(await namesOf(namespaces, undefined, options, withSession), last);
    case '--kubeconfig':
    case '--filename':
    case '--gateway-ca':
    case '--hub-ca':
    case '--working-dir':
    case '--runtime-env':
      return files;
    default:
      return noFiles;
  }
}

async function argumentValues(
  { command, given, options }: Typed,
  withSession: WithSession,
): Promise<readonly (readonly [string, string])[]> {
  const { registeredArguments } = command;
  const argument: Argument | undefined =
    registeredArguments[given.length] ?? registeredArguments.find(({ variadic }) => variadic);
  switch (argument?.name() ?? '') {
    case 'name':
      return command.parent?.name() === 'member'
        ? namesOf(ioMemberResource, undefined, options, withSession)
        : namesOf(ioClusterResource, 'namespaced', options, withSession);
    case 'services':
      return Object.entries(servicePorts)
        .filter(([service]) => !given.includes(service))
        .map(([service, port]) => [service, `port ${port}`] as const);
    default:
      return (argument?.argChoices ?? []).map(bare);
  }
}

const namespaces: Resource = {
  ...{ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
};

/** Names of objects, as far as the hub tells them in time; none where it does not. */
async function namesOf(
  resource: Resource,
  scope: 'namespaced' | undefined,
  options: Readonly<Record<string, string>>,
  withSession: WithSession,
): Promise<readonly (readonly [string, string])[]> {
  try {
    return await withSession(options, async ({ client, namespace }) => {
      const { decode: _, ...anyShape } = resource;
      const { items } = await client.list(anyShape, {
        limit: maximumNames,
        signal: AbortSignal.timeout(answerWithinMs),
        ...(scope === undefined ? {} : { namespace: options['namespace'] ?? namespace }),
      });
      return items.map(({ metadata }) => bare(metadata.name));
    });
  } catch {
    // A person who presses Tab wants no error: nothing is offered.
    return [];
  }
}

async function contextNames({
  kubeconfig,
}: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    const [{ loadKubeConfig }, { contextNamesOf }] = await Promise.all([
      import('../../runtime/kube-config.ts'),
      import('../../runtime/kube-user.ts'),
    ]);
    return contextNamesOf(loadKubeConfig(kubeconfig));
  } catch {
    // As above.
    return [];
  }
}

const bare = (name: string): readonly [string, string] => [name, ''];

function lines(found: readonly (readonly [string, string])[], last: string): string {
  return [
    ...found
      .filter(([name]) => name.startsWith(last))
      .map(([name, what]) => (what === '' ? name : `${name}\t${what}`)),
    noFiles,
  ].join('\n');
}
