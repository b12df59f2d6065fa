import { expect, test } from '@jest/globals';
import type { IOSlashCase } from '../../../crds/schema/index.ts';
import { slashedCondition } from './slashed.ts';

const time = '2026-12-01T10:00:00Z';
const chain = {
  address: 'C'.repeat(44),
  stake: 'S'.repeat(44),
  owner: 'W'.repeat(44),
  amountBaseUnits: '1',
  openedTime: time,
  deadlineTime: time,
};

const slashCase = (name: string, status: IOSlashCase['status']): IOSlashCase => ({
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOSlashCase',
  metadata: { name },
  spec: {
    deviceRef: { name: 'a-gpu-0' },
    reason: 'FalseInventory',
    evidence: { sha256: 'ab'.repeat(32) },
    amountBaseUnits: '1',
  },
  status: status ?? {},
});

const waiting = slashCase('waiting', {});
const open = slashCase('open', { chain });
const appealed = slashCase('appealed', { chain, appeal: { time } });
const reversed = slashCase('reversed', { chain, outcome: { decision: 'Reversed', time } });
const burnt = slashCase('burnt', { chain, outcome: { decision: 'Burned', time } });

test.each<[string, readonly IOSlashCase[], string]>([
  ['without a case', [], 'False NoCase'],
  ['with a case that is not on the chain', [waiting], 'False NoCase'],
  ['with a case that was reversed', [reversed], 'False NoCase'],
  ['with an open case', [reversed, open], 'Unknown CaseOpen'],
  ['with an appealed case beside an open one', [open, appealed], 'Unknown CaseAppealed'],
  ['with a case that burnt its stake beside an open one', [open, burnt], 'True Burnt'],
])('a device %s', (_sentence, cases, expected) => {
  const { status, reason } = slashedCondition(cases);
  expect(`${status} ${reason}`).toBe(expected);
});

test('the case is named', () => {
  expect(slashedCondition([open]).message).toBe('Case open is not decided yet.');
  expect(slashedCondition([burnt]).message).toBe('Case burnt burnt stake of the device.');
});
