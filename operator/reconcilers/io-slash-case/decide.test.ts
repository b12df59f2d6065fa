import { describe, expect, test } from '@jest/globals';
import type { IOSlashCase } from '../../../crds/schema/index.ts';
import { ioSlashCaseReasons } from '../../../crds/schema/index.ts';
import type {
  ChainCase,
  ProgramTerms,
  StakePosition,
} from '../../domain/settlement/program-state.ts';
import type { OperationState } from '../../domain/settlement/types.ts';
import { decide } from './decide.ts';
import type { CaseAttempt, CaseSnapshot } from './snapshot.ts';

const io = 100_000_000n;
const day = 86_400;
const hour = 3_600;
const genesis = 1_700_000_000 - (1_700_000_000 % hour);
const now = genesis + 1_000 * hour;

const slashCase = (metadata: Partial<IOSlashCase['metadata']> = {}): IOSlashCase => ({
  apiVersion: 'compute.io.net/v1alpha1',
  kind: 'IOSlashCase',
  metadata: { name: 'case-1', namespace: 'io-member-fra-1', uid: 'uid-1', ...metadata },
  spec: {
    deviceRef: { name: 'a-gpu-0' },
    reason: 'FalseInventory',
    evidence: { sha256: 'ab'.repeat(32) },
    amountBaseUnits: String(50n * io),
  },
});

const stake: StakePosition = {
  address: 'stake',
  owner: 'wallet',
  deviceId: 'cd'.repeat(32),
  amount: 2_000n * io,
  escrowed: 0n,
  unlockSeconds: undefined,
};

const terms: ProgramTerms = {
  paused: false,
  genesisSeconds: genesis,
  cooldownSeconds: 14 * day,
  adjudicationSeconds: 90 * day,
  slashCapPerEpoch: 100n * io,
  slashedEpoch: 1_001,
  slashedInEpoch: 0n,
  totalStaked: 2_000n * io,
  totalEscrowed: 0n,
  totalBurnt: 0n,
};

const opened: ChainCase = {
  address: 'case',
  stake: 'stake',
  caseId: 'ef'.repeat(32),
  state: 'Open',
  amount: 50n * io,
  openedSeconds: now - day,
  deadlineSeconds: now + 29 * day,
  appeal: undefined,
};
const appeal = { seconds: now - hour, sha256: '12'.repeat(32) };

const attempt = (state: OperationState['state'], number = 1, message = ''): CaseAttempt => ({
  number,
  state: { state, signature: undefined, message },
});

const none = { OpenCase: undefined, FinalizeBurn: undefined, ResolveCase: undefined };

const snapshot = (fields: Partial<CaseSnapshot> = {}): CaseSnapshot => ({
  slashCase: slashCase(),
  hasDevice: true,
  owner: { kind: 'Proved', wallet: 'wallet' },
  stake,
  found: undefined,
  terms,
  nowSeconds: now,
  attempts: none,
  capTaken: 0n,
  ...fields,
});

const summary = (fields: Partial<CaseSnapshot>) => {
  const { conditions, record, finalizer } = decide(snapshot(fields));
  const [openedNow, appealed, resolved] = conditions.map(
    ({ status, reason }) => `${status} ${reason}`,
  );
  return { opened: openedNow, appealed, resolved, record, finalizer };
};

const waiting = {
  appealed: 'False NotOpened',
  resolved: 'False Pending',
  record: undefined,
  finalizer: 'keep',
};
const opening = {
  ...waiting,
  opened: 'False Recording',
  record: { kind: 'OpenCase', attempt: 1, amount: 50n * io },
  finalizer: 'ensure',
};
const deletionTimestamp = '2026-12-01T10:00:00Z';

describe('a case that is not on the chain', () => {
  test.each<[string, Partial<CaseSnapshot>, object]>([
    ['is put there', {}, opening],
    [
      'is put there with all that there is when the stake is smaller',
      { stake: { ...stake, amount: 7n } },
      { ...opening, record: { kind: 'OpenCase', attempt: 1, amount: 7n } },
    ],
    ['takes cooling stake as well', { stake: { ...stake, unlockSeconds: now } }, opening],
    ['is put there although its device was taken away', { hasDevice: false }, opening],
    ['takes the last of the cap', { terms: { ...terms, slashedInEpoch: 50n * io } }, opening],
    [
      'does not count what was slashed in another epoch',
      { terms: { ...terms, slashedEpoch: 1_000, slashedInEpoch: 100n * io } },
      opening,
    ],
    [
      'waits for the next epoch when the cap is taken',
      { terms: { ...terms, slashedInEpoch: 50n * io + 1n } },
      { ...waiting, opened: 'False CapReached' },
    ],
    [
      'waits for others that are on their way',
      { capTaken: 50n * io + 1n },
      { ...waiting, opened: 'False CapReached' },
    ],
    [
      'waits when it asks for more than the cap',
      { terms: { ...terms, slashCapPerEpoch: 50n * io - 1n } },
      { ...waiting, opened: 'False CapReached' },
    ],
    ['waits for stake', { stake: undefined }, { ...waiting, opened: 'False NotStaked' }],
    [
      'waits for stake that is in no other case',
      { stake: { ...stake, amount: 0n, escrowed: io } },
      { ...waiting, opened: 'False NotStaked' },
    ],
    [
      'finds neither device nor stake',
      { stake: undefined, hasDevice: false },
      { ...waiting, opened: 'False DeviceNotFound' },
    ],
    [
      'waits while the program is paused',
      { terms: { ...terms, paused: true } },
      { ...waiting, opened: 'False Paused' },
    ],
    [
      'waits until the chain was read',
      { terms: undefined },
      { ...waiting, opened: 'False ChainUnavailable' },
    ],
    [
      'is recorded once',
      { attempts: { ...none, OpenCase: attempt('Pending') } },
      { ...waiting, opened: 'False Recording' },
    ],
    [
      'is done and not seen yet',
      { attempts: { ...none, OpenCase: attempt('Done') } },
      { ...waiting, opened: 'False Recording' },
    ],
    [
      'is tried again after a refusal, with what the stake has then',
      { attempts: { ...none, OpenCase: attempt('Refused', 3) }, stake: { ...stake, amount: 7n } },
      { ...opening, record: { kind: 'OpenCase', attempt: 4, amount: 7n } },
    ],
    [
      'is given up after eight refusals',
      { attempts: { ...none, OpenCase: attempt('Refused', 8, 'no') } },
      { ...waiting, opened: 'False Refused' },
    ],
    [
      'goes when it is deleted',
      { slashCase: slashCase({ deletionTimestamp }) },
      { ...opening, record: undefined, finalizer: 'release' },
    ],
    [
      'stays when it is deleted and may still be opened',
      {
        slashCase: slashCase({ deletionTimestamp }),
        attempts: { ...none, OpenCase: attempt('Pending') },
      },
      { ...waiting, opened: 'False Recording' },
    ],
  ])('%s', (_sentence, fields, expected) => {
    expect(summary(fields)).toMatchObject(expected);
  });
});

describe('a case on the chain', () => {
  const open = {
    opened: 'True Opened',
    appealed: 'False NotAppealed',
    resolved: 'False Pending',
    record: undefined,
    finalizer: 'ensure',
  };
  const over = { found: opened, nowSeconds: opened.deadlineSeconds };
  const left = {
    found: { ...opened, state: 'Appealed', appeal },
    nowSeconds: appeal.seconds + 90 * day,
  } as const;
  test.each<[string, Partial<CaseSnapshot>, object]>([
    ['leaves the owner time', { found: opened }, open],
    ['does so until the last second', { ...over, nowSeconds: over.nowSeconds - 1 }, open],
    [
      'is burnt once the deadline passed',
      over,
      {
        ...open,
        appealed: 'False DeadlinePassed',
        resolved: 'False Burning',
        record: { kind: 'FinalizeBurn', attempt: 1 },
      },
    ],
    [
      'is burnt by one operation',
      { ...over, attempts: { ...none, FinalizeBurn: attempt('Pending') } },
      { ...open, appealed: 'False DeadlinePassed', resolved: 'False Burning' },
    ],
    [
      'is not burnt while the program is paused',
      { ...over, terms: { ...terms, paused: true } },
      { ...open, appealed: 'False DeadlinePassed' },
    ],
    [
      'is tried to burn again after a refusal',
      { ...over, attempts: { ...none, FinalizeBurn: attempt('Refused') } },
      { resolved: 'False Burning', record: { kind: 'FinalizeBurn', attempt: 2 } },
    ],
    [
      'is left to a person after eight refusals',
      { ...over, attempts: { ...none, FinalizeBurn: attempt('Refused', 8, 'no') } },
      { resolved: 'False Refused', record: undefined },
    ],
    [
      'waits for the adjudicator once it is appealed, even after the deadline',
      { ...left, nowSeconds: left.nowSeconds - 1 },
      { ...open, appealed: 'True Appealed' },
    ],
    [
      'goes back to the owner when nobody decides',
      left,
      {
        ...open,
        appealed: 'True Appealed',
        resolved: 'False Reversing',
        record: { kind: 'ResolveCase', attempt: 1 },
      },
    ],
    [
      'is burnt',
      { found: { ...opened, state: 'Burnt' }, nowSeconds: over.nowSeconds },
      {
        ...open,
        appealed: 'False DeadlinePassed',
        resolved: 'True Burned',
        finalizer: 'release',
      },
    ],
    [
      'is upheld',
      { found: { ...opened, state: 'Burnt', appeal } },
      { ...open, appealed: 'True Appealed', resolved: 'True Upheld', finalizer: 'release' },
    ],
    [
      'is reversed',
      { found: { ...opened, state: 'Reversed', appeal } },
      { ...open, appealed: 'True Appealed', resolved: 'True Reversed', finalizer: 'release' },
    ],
    [
      'is kept when it is deleted before it is decided',
      { found: opened, slashCase: slashCase({ deletionTimestamp }) },
      open,
    ],
  ])('%s', (_sentence, fields, expected) => {
    expect(summary(fields)).toMatchObject(expected);
  });

  test('is told in the status as it is there, once', () => {
    const {
      chain,
      appeal: told,
      outcome,
    } = decide(snapshot({ found: { ...opened, state: 'Reversed', amount: 7n, appeal } }));
    expect({ chain, told, outcome }).toMatchObject({
      chain: { address: 'case', stake: 'stake', owner: 'wallet', amountBaseUnits: '7' },
      told: { sha256: '12'.repeat(32) },
      outcome: { decision: 'Reversed' },
    });
    const before = slashCase();
    const again = { ...before, status: { chain: { ...chain, owner: 'kept' } } } as IOSlashCase;
    expect(decide(snapshot({ found: opened, slashCase: again })).chain?.owner).toBe('kept');
    expect(decide(snapshot({ found: opened, stake: undefined })).chain).toBeUndefined();
  });
});

test('every reason is one that the API lists', () => {
  const decided = [{}, { found: opened }, { terms: undefined }, { stake: undefined }].flatMap(
    (fields) => decide(snapshot(fields)).conditions,
  );
  const unknown = decided.filter(({ type, reason }) => !(reason in ioSlashCaseReasons[type]));
  expect(unknown).toEqual([]);
});
