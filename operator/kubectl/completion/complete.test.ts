import { expect, test } from '@jest/globals';
import { buildProgram } from '../program.ts';
import { complete } from './complete.ts';

/** The candidates without what they are, and the directive. */
async function candidates(line: string): Promise<readonly string[]> {
  const program = buildProgram(async () => {}, { print: () => {}, tell: () => {} });
  const text = await complete(program, line.split(' '), async () => {
    throw new Error('there is no hub');
  });
  return text.split('\n').map((each) => each.split('\t')[0] ?? '');
}

test.each([
  ['s', ['status', 'spend', ':4']],
  ['jobs ', ['submit', 'list', 'logs', 'stop', ':4']],
  ['member re', ['revoke', 'remove', ':4']],
  ['list -o ', ['table', 'wide', 'json', 'yaml', 'name', ':4']],
  ['ls --output w', ['wide', ':4']],
  ['list --output=wide --all', ['--all-namespaces', ':4']],
  ['port-forward first ', ['dashboard', 'serve', 'client', ':4']],
  ['port-forward -n team first dashboard ', ['serve', 'client', ':4']],
  ['completion ', ['bash', 'zsh', 'fish', ':4']],
  ['quote -f ', [':0']],
  ['jobs submit first -- python ', [':0']],
  ['jobs submit first --submission-id ', [':4']],
  // The hub does not answer: nothing is offered, and nothing is said.
  ['status ', [':4']],
  ['nothing-like-it ', expect.arrayContaining(['status'])],
])('after "%s"', async (line, expected) => {
  expect(await candidates(line)).toEqual(expected);
});
