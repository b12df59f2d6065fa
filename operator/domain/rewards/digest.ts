import type { RewardedClass } from './types.ts';

/** What an epoch's rewards came to. Hashes are lower-case hexadecimal. */
export type RewardHeader = Readonly<{
  epoch: number;
  /** sha256 of the canonical rules. */
  rulesHash: string;
  /** Micro-USD that one IO was worth; undefined: nobody said. */
  ioPrice: bigint | undefined;
  emitted: bigint;
  undistributed: bigint;
  devices: number;
  eligible: number;
}>;

/** A member's part of the rewards. */
export type MemberReward = Readonly<{
  member: string;
  supplier: string;
  /** sha256 of the names of its devices, each followed by a line feed. */
  rosterHash: string;
  /** sha256 of the numbers of their classes, four bytes each, the highest first. */
  classesHash: string;
  amount: bigint;
}>;

/**
 * The text whose sha256 is the digest of an epoch's rewards: a line for the epoch, one for each
 * class and one for each member, in order. docs/ledger.md has an example.
 */
export function* rewardLines(
  header: RewardHeader,
  classes: readonly RewardedClass[],
  members: readonly MemberReward[],
): Generator<string> {
  const { epoch, rulesHash, ioPrice, emitted, undistributed, devices, eligible } = header;
  yield line('rewards', epoch, rulesHash, ioPrice ?? '', emitted, undistributed, devices, eligible);
  for (const [number, each] of classes.entries()) {
    const { model, sevenths, upMinutes, flags, multiplierMilli, score, amount } = each;
    const inputs = [model, sevenths, upMinutes, flags, multiplierMilli];
    yield line('class', number, ...inputs, each.devices, score, amount);
  }
  for (const { member, supplier, rosterHash, classesHash, amount } of members) {
    yield line('member', member, supplier, rosterHash, classesHash, amount);
  }
}

function line(...fields: readonly (string | number | bigint)[]): string {
  return `${fields.join('|')}\n`;
}

/** Numbers of classes as they are stored and hashed: four bytes each, the highest first. */
export function classBytes(classes: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(classes.length * 4);
  const view = new DataView(bytes.buffer);
  classes.forEach((number, at) => view.setUint32(at * 4, number));
  return bytes;
}

/** Reads what `classBytes` wrote. */
export function classNumbers(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4));
}

/** The text of a roster whose sha256 names it. */
export function rosterText(devices: readonly string[]): string {
  return devices.map((name) => `${name}\n`).join('');
}
