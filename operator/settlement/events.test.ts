import { expect, test } from '@jest/globals';
import { Writer } from './codec.ts';
import { eventsOfLogs } from './events.ts';

const program = 'Stake111111111111111111111111111111111111111';
const other = 'Other111111111111111111111111111111111111111';
const key = '11111111111111111111111111111111';

/** What the program logs for funded rewards. */
function funded(amount: bigint): string {
  const data = new Writer()
    .bytes(Uint8Array.of(...discriminator), 8)
    .pubkey(key)
    .u64(amount)
    .end();
  return `Program data: ${Buffer.from(data).toString('base64')}`;
}

const discriminator = [84, 233, 245, 203, 228, 147, 165, 92];
const event = (amount: bigint) => ({ kind: 'RewardsFunded', funder: key, amount });
const enter = (id: string, depth: number) => `Program ${id} invoke [${depth}]`;
const leave = (id: string) => `Program ${id} success`;

test.each<[string, string[], bigint[]]>([
  ['our event', [enter(program, 1), funded(1n), leave(program)], [1n]],
  [
    'events of two instructions, in their order',
    [enter(program, 1), funded(1n), leave(program), enter(program, 1), funded(2n), leave(program)],
    [1n, 2n],
  ],
  [
    'our event within a call of ours',
    [
      enter(program, 1),
      enter(other, 2),
      'Program log: Instruction: Transfer',
      leave(other),
      funded(3n),
      leave(program),
    ],
    [3n],
  ],
  [
    'our event when another program calls us',
    [enter(other, 1), enter(program, 2), funded(4n), leave(program), leave(other)],
    [4n],
  ],
  ['the same bytes of another program: none', [enter(other, 1), funded(5n), leave(other)], []],
  [
    'the same bytes of a program that we call: none',
    [enter(program, 1), enter(other, 2), funded(6n), leave(other), leave(program)],
    [],
  ],
  [
    'a line that only says that we run: none',
    [enter(other, 1), `Program log: ${enter(program, 2)}`, funded(7n), leave(other)],
    [],
  ],
  [
    'a line with a second line in it: none',
    [enter(other, 1), `Program log: x\n${enter(program, 2)}`, funded(8n), leave(other)],
    [],
  ],
  ['data that is no event', [enter(program, 1), 'Program data: AAAA', leave(program)], []],
  ['nothing', [], []],
])('%s', (_, logs, amounts) => {
  expect(eventsOfLogs(logs, program)).toEqual({ events: amounts.map(event), complete: true });
});

test('a log that was cut off says that something may lack', () => {
  const logs = [enter(program, 1), funded(1n), 'Log truncated'];
  expect(eventsOfLogs(logs, program)).toEqual({ events: [event(1n)], complete: false });
});
