import { mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isRunning, logTail, parseRecord, stopProcess } from './process.ts';
import { identityOf, isAlive, ownIdentity, parseProcStat } from './process-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'io-operator-'));
afterAll(() => rmSync(directory, { recursive: true }));

const stat = (name: string, state: string, tick: number): string =>
  `4242 (${name}) ${state} 1 4242 4242 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 9 0 ${tick} 123 456`;

describe('the identity of a process', () => {
  test.each(['etcd', 'a b', 'odd) S 1 (name', ''])('is read past the command name %j', (name) => {
    expect(parseProcStat(stat(name, 'S', 777))).toEqual({ state: 'S', startTick: '777' });
  });

  test('is not read out of half a line', () => {
    expect(parseProcStat('4242 (etcd) S 1')).toBeUndefined();
  });

  test('is the same each time, and holds for living processes only', () => {
    expect(ownIdentity()).toEqual(identityOf(process.pid));
    expect(isAlive(ownIdentity())).toBe(true);
    expect(identityOf(0)).toBeUndefined();
    expect(identityOf(-1)).toBeUndefined();
  });

  test('of a process that got the id of an ended one differs', () => {
    expect(isAlive({ pid: process.pid, start: 'boot 1' })).toBe(false);
  });
});

describe('a record', () => {
  test('of Linux holds boot and start tick', () => {
    expect(parseRecord(`4242\nboot\n${stat('sh', 'R', 99)}\n`)).toEqual({
      pid: 4242,
      start: 'boot 99',
    });
  });

  test('of another system holds the date that ps prints', () => {
    expect(parseRecord('4242\nMon Nov 23  05:00:01 2026\n')).toEqual({
      pid: 4242,
      start: 'Mon Nov 23 05:00:01 2026',
    });
  });

  test.each(['', '4242', '4242\n', 'x\ny\nz', '4242\nboot\nhalf a line'])(
    'that is cut off is none: %j',
    (text) => expect(parseRecord(text)).toBeUndefined(),
  );

  test('of an ended process never stops the one that got its id', async () => {
    const record = join(directory, 'recycled.process');
    writeFileSync(record, `${process.pid}\nother-boot\n${stat('sh', 'R', 1)}\n`);
    expect(isRunning(record)).toBe(false);
    await stopProcess(record);
    expect(existsSync(record)).toBe(false);
    expect(isAlive(ownIdentity())).toBe(true);
  });
});

test('the end of a log is its last lines', () => {
  const log = join(directory, 'x.log');
  expect(logTail(log)).toBe('(no log)');
  writeFileSync(log, '');
  expect(logTail(log)).toBe('(the log is empty)');
  writeFileSync(log, Array.from({ length: 5000 }, (_, line) => `line ${line}\n`).join(''));
  expect(logTail(log, 2)).toBe('line 4998\nline 4999');
});
