import { describe, expect, test } from '@jest/globals';
import { type DeviceHealth, type DeviceLook, healthAfter, recoverAfterMs } from './health.ts';
import { nodeFault } from './node-faults.ts';
import { xidMeaning } from './xid.ts';

const before = '2026-11-25T09:00:00.000Z';
const now = '2026-11-25T09:30:00.000Z';

function look(facts: Partial<DeviceLook> = {}): DeviceLook {
  const common = { isMissing: false, nodeFault: undefined, boot: 'boot-1 580.82.07' };
  return { ...common, sample: { xid: 0 }, checked: undefined, ...facts };
}

const xid = (code: number) => look({ sample: { xid: code } });
const after = (seen: DeviceLook, health?: DeviceHealth, quietMs = 0) =>
  healthAfter(seen, { health, quietMs }, now);

const fallen: DeviceHealth = {
  state: 'Broken',
  reason: 'XidError',
  message: 'XID 79: the GPU has fallen off the bus; restart the machine.',
  xid: 79,
  since: before,
  boot: 'boot-1 580.82.07',
};
const contained: DeviceHealth = { ...fallen, state: 'Degraded', xid: 94 };

describe('an XID', () => {
  test.each([13, 31, 43, 45, 68, 69, 109])('%i is the fault of a program', (code) => {
    expect(xidMeaning(code).class).toBe('Application');
    expect(after(xid(code))).toBeUndefined();
  });
  test.each([63, 92, 121, 154])('%i needs no care', (code) => {
    expect(after(xid(code))).toBeUndefined();
  });
  test.each([48, 62, 64, 74, 79, 95, 119, 120, 140])('%i breaks the GPU', (code) => {
    expect(after(xid(code))).toMatchObject({ state: 'Broken', reason: 'XidError', xid: code });
  });
  test.each([94, 9_998])('%i keeps new work away', (code) => {
    expect(after(xid(code))).toMatchObject({ state: 'Degraded', reason: 'XidError', xid: code });
  });
  test('says what it means, what to do and since when', () => {
    expect(after(xid(79))).toEqual({ ...fallen, since: now });
  });
});

describe('a look finds', () => {
  test.each<[string, Partial<DeviceLook>, string]>([
    [
      'memory that cannot be remapped',
      { sample: { rowRemapFailures: 1 } },
      'Broken RowRemapFailure',
    ],
    ['uncorrectable errors', { sample: { eccDoubleBitErrors: 2 } }, 'Degraded EccError'],
    ['heat', { sample: { temperatureCelsius: 95 } }, 'Degraded Overheated'],
    ['a GPU that the driver lost', { sample: undefined, isMissing: true }, 'Broken DeviceMissing'],
    ['what the node says', { nodeFault: 'GPUMissing=True' }, 'Degraded NodeReportsFault'],
    [
      'the worst of several',
      { sample: { xid: 94, rowRemapFailures: 1 }, nodeFault: 'x' },
      'Broken RowRemapFailure',
    ],
    ['nothing, with a warm GPU', { sample: { temperatureCelsius: 94 } }, 'none'],
    ['nothing, where no exporter answers', { sample: undefined }, 'none'],
  ])('%s', (_, facts, expected) => {
    const health = after(look(facts));
    expect(health === undefined ? 'none' : `${health.state} ${health.reason}`).toBe(expected);
  });
});

describe('health', () => {
  const quiet = recoverAfterMs;
  const rebooted = { boot: 'boot-2 580.82.07' };

  test.each<[string, DeviceLook, DeviceHealth, number, string]>([
    ['stays broken without a new start', look(), fallen, quiet * 10, 'Broken'],
    ['stays broken for a while after a new start', look(rebooted), fallen, quiet - 1, 'Broken'],
    ['comes back after both', look(rebooted), fallen, quiet, 'Healthy'],
    ['comes back with a new driver too', look({ boot: 'boot-1 590' }), fallen, quiet, 'Healthy'],
    [
      'does not come back while the XID stands',
      { ...xid(79), ...rebooted },
      fallen,
      quiet,
      'Broken',
    ],
    [
      'does not come back by the silence of an exporter',
      look({ sample: undefined, ...rebooted }),
      fallen,
      quiet,
      'Broken',
    ],
    ['of a degraded GPU comes back by itself', look(), contained, quiet, 'Healthy'],
    ['of a degraded GPU needs its time', look(), contained, quiet - 1, 'Degraded'],
    ['of a degraded GPU gets worse at once', xid(79), contained, quiet, 'Broken'],
    ['of a broken GPU gets no better by a smaller fault', xid(94), fallen, quiet, 'Broken'],
    ['comes back when a person says so', look({ checked: now }), fallen, 0, 'Healthy'],
    ['heeds no check from before', look({ checked: before }), fallen, 0, 'Broken'],
    ['heeds no check that is no time', look({ checked: 'yes' }), fallen, 0, 'Broken'],
  ])('%s', (_, seen, health, quietMs, state) => {
    expect(after(seen, health, quietMs)?.state).toBe(state);
  });

  test('an XID that was checked and still stands counts no more, until it has gone once', () => {
    const checked = after({ ...xid(79), checked: now }, fallen);
    expect(checked).toMatchObject({ state: 'Healthy', reason: 'Checked', xid: 79 });
    expect(after(xid(79), checked)).toBe(checked);
    const gone = after(xid(0), checked);
    expect(gone?.xid).toBeUndefined();
    expect(after(xid(79), gone)?.state).toBe('Broken');
  });

  test('a person cannot check away what is measured', () => {
    const seen = look({ checked: now, sample: { rowRemapFailures: 1 } });
    expect(after(seen, fallen)).toMatchObject({ state: 'Broken', reason: 'RowRemapFailure' });
  });
});

test.each([
  [[{ type: 'Ready', status: 'False' }], undefined],
  [[{ type: 'XIDErrors', status: 'True' }], undefined],
  [[{ type: 'constructor', status: 'True' }], undefined],
  [[{ type: 'GPUMissing', status: 'False' }], undefined],
  [[{ type: 'GPUMissing', status: 'True' }], 'GPUMissing=True'],
  [[{ type: 'AcceleratedHardwareReady', status: 'False' }], 'AcceleratedHardwareReady=False'],
])('conditions of a node %j: %s', (conditions, expected) => {
  expect(nodeFault(conditions)).toBe(expected);
});
