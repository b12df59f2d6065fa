import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { helmValues } from '../domain/member/join-values.ts';
import { buildProgram } from './program.ts';

type Understood = Readonly<{ options: Record<string, unknown>; told: string }>;

/** What a line is understood as: the options of the command that would run. */
async function understand(line: string | readonly string[]): Promise<Understood> {
  let options: Record<string, unknown> | undefined;
  let told = '';
  const tell = (text: string): void => void (told += `${text}\n`);
  const program = buildProgram(
    async (found) => {
      options = { ...found };
    },
    { print: tell, tell },
  );
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    throw new Error(`${(error as { exitCode?: number }).exitCode}: ${told}`, { cause: error });
  }
  return { options: options ?? {}, told };
}

describe('what is typed after kubectl io', () => {
  test.each<[string, Record<string, unknown>]>([
    ['member drain --wait fra-1 --deadline 5m', { wait: true, deadline: 300 }],
    ['member drain fra-1 --deadline=90s', { deadline: 90 }],
    ['member drain fra-1 --deadline 1h30m', { deadline: 5_400 }],
    ['member drain fra-1 --deadline 0s', { deadline: 0 }],
    ['member list --context hub', { context: 'hub', output: 'table' }],
    ['member invite a --hub-url https://hub:6443', { hubUrl: 'https://hub:6443' }],
    ['list -A -o wide', { allNamespaces: true, output: 'wide' }],
    ['ls -n team', { namespace: 'team', output: 'table' }],
    ['status first -w --timeout 10m', { watch: true, timeout: 600 }],
    ['quote -f cluster.yaml', { filename: 'cluster.yaml' }],
    ['logs first -f --job j1', { follow: true, job: 'j1' }],
    ['jobs submit first --no-wait -- python x.py -n 3', { wait: false }],
    ['jobs submit first --metadata a=1 --metadata b=c=d -- x', { metadata: { a: '1', b: 'c=d' } }],
    ['jobs submit first --entrypoint-num-gpus 0.5 -- x', { entrypointNumGpus: 0.5, wait: true }],
    ['port-forward first dashboard client:0', {}],
    ['spend --by-day -o json', { byDay: true, output: 'json' }],
  ])('%s', async (line, expected) => {
    expect((await understand(line)).options).toMatchObject(expected);
  });

  test('options of the job are its own', async () => {
    const { options } = await understand('jobs submit first -- python x.py -n 3 --context y');
    expect(options).toEqual({ wait: true });
  });

  test.each([
    'help',
    '--help',
    'member --help',
    'member help',
    'member accept --help',
    'help jobs',
  ])('asks for help: %s', async (line) => {
    await expect(understand(line)).rejects.toThrow(/^0: Usage: kubectl io/);
  });

  test.each([
    ['', 'Usage: kubectl io'],
    ['member', 'Usage: kubectl io member'],
    ['nodes', "unknown command 'nodes'"],
    ['stats first', 'Did you mean status?'],
    ['member toString fra-1', "unknown command 'toString'"],
    ['member accept', "missing required argument 'name'"],
    ['member accept a b', 'too many arguments'],
    ['member list fra-1', 'too many arguments'],
    ['member accept Frankfurt', 'must be lower-case letters'],
    [`member accept ${'a'.repeat(54)}`, 'at most 53'],
    ['member accept a/b', "'a/b' is invalid"],
    ['member drain fra-1 --ttl 1h', "unknown option '--ttl'"],
    ['member drain fra-1 --deadline', 'argument missing'],
    ['member invite a --hub-url http://hub.example.org', 'must be a URL such as https://'],
    ['member invite a --hub-url hub.example.org', 'must be a URL such as https://'],
    ['member invite a --enrolment 0', 'a number from 1 to 999999'],
    ['list -o xml', 'Allowed choices are table, wide, json, yaml, name'],
    ['status ../first', 'is invalid'],
    ['jobs submit first', "missing required argument 'entrypoint'"],
    ['jobs submit first --metadata a -- x', 'must be KEY=VALUE'],
    ['logs first --gateway http://api.example.org', 'must be a URL such as https://'],
    ['completion tcsh', 'Allowed choices are bash, zsh, fish'],
  ])('is not understood: %s', async (line, message) => {
    await expect(understand(line)).rejects.toThrow(message);
    await expect(understand(line)).rejects.toThrow(/^[12]: /);
  });

  test.each(['10', '-5m', 'm', '1.5h', '5m1h'])('%s is no duration', async (text) => {
    const wrong = understand(`member drain a --deadline=${text}`);
    await expect(wrong).rejects.toThrow('must be a duration such as');
  });
});

test('every command says what it does, and what a renter types has examples', () => {
  const program = buildProgram(async () => {}, { print: () => {}, tell: () => {} });
  const walk = (command: Command): Command[] => [command, ...command.commands.flatMap(walk)];
  for (const command of walk(program)) expect(command.description()).toMatch(/\.$/);
  for (const name of [
    'quote',
    'list',
    'status',
    'spend',
    'logs',
    'jobs',
    'port-forward',
    'member',
  ]) {
    let help = '';
    const command = program.commands.find((each) => each.name() === name);
    command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain('Examples:\n  ');
  }
});

test('the values of an invitation are YAML, whatever a name looks like', () => {
  const values = { hubUrl: 'https://hub', apiUrl: 'https://api', caBundle: 'A\r\nB\n' };
  const text = helmValues({ ...values, member: '42', enrolment: 2, token: 't' });
  expect(text).toBe(`hub:
  url: "https://hub"
  apiUrl: "https://api"
  caBundle: |
    A
    B
member:
  name: "42"
  enrolment: 2
join:
  token: "t"
`);
  const least = { ...values, caBundle: undefined, apiUrl: undefined };
  expect(helmValues({ ...least, member: 'a', enrolment: 1, token: 't' })).not.toMatch(/api|caB/);
});
