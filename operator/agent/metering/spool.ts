import type { MeteringBatch, MeteringState } from '../../domain/metering/intervals.ts';
import type { IntervalChange, UsageReport } from '../../domain/metering/types.ts';
import { errorFields, type Logger } from '../../runtime/logger.ts';
import type { SpoolFiles } from './spool-files.ts';
import { encodeRecord, firstPlace, readRecords, type RecordPlace } from './spool-records.ts';
import { type Cut, type Entry, SpoolState } from './spool-state.ts';

/** A report as it is kept: everything but the moment in which it is sent. */
export type SpooledReport = Omit<UsageReport, 'sentAtMs'>;

export type SpoolOptions = Readonly<{
  files: SpoolFiles;
  /** Names a fresh spool: 16 to 64 letters, digits, - or _. */
  randomId: () => string;
  logger: Logger;
  /** All segments together; default 256 MiB. */
  maxBytes?: number;
  /** One segment without its snapshot; default 4 MiB. */
  segmentBytes?: number;
}>;

/** There is no room to record anything: nothing new may be billed until there is. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError';
}

type Segment = {
  name: string;
  bytes: number;
  /** Changes before it and, from its end on, in it. */
  first: number;
  end: number;
  damaged: boolean;
};

const defaultMaxBytes = 256 * 1024 * 1024;
const defaultSegmentBytes = 4 * 1024 * 1024;
/** Of a segment, for sending what is in it when there is no room for another one. */
const reserveShare = 1 / 64;
const segmentName = /^segment-([0-9]{8})\.log$/;
const rejectedName = 'rejected.jsonl';
const olderRejectedName = 'rejected.old.jsonl';
const maxRejectedBytes = 4 * 1024 * 1024;

/**
 * What the agent has to tell, on disk before anybody hears of it. A list of segments, each of which
 * begins with a snapshot and has its room allocated beforehand; a segment is deleted when all its
 * changes are acknowledged. Calls are carried out one after the other.
 */
export class Spool {
  readonly #files: SpoolFiles;
  readonly #logger: Logger;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #state: SpoolState;
  readonly #segments: Segment[] = [];
  /** Where the next record goes, in the last segment. */
  #place: RecordPlace = { position: 0, checksum: 0 };
  /** Where the next change that is to be sent can be read. */
  #cursor: { segment: string; place: RecordPlace; change: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions) {
    this.#files = options.files;
    this.#logger = options.logger;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#state = new SpoolState(options.randomId());
  }

  /** Reads what is there. Throws SpoolFullError when a fresh one finds no room. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#recover();
    if (spool.#segments.length === 0) await spool.#rotate(0);
    return spool;
  }

  get spoolId(): string {
    return this.#state.spoolId;
  }

  /** The intervals as they were recorded last. */
  get metering(): MeteringState {
    return this.#state.metering();
  }

  /** What the agent saw last before it was ended, in what is recorded. */
  get observedUntilSeconds(): number {
    return this.#state.observedUntilSeconds;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Changes that are not acknowledged. */
  get waitingChanges(): number {
    return this.#state.changes - this.#state.progress.sent;
  }

  /** Records a batch; it is on disk when this resolves. Throws SpoolFullError. */
  record(batch: MeteringBatch): Promise<void> {
    return this.#exclusive(() => this.#append({ kind: 'Batch', batch }, { durable: true }));
  }

  /** Everything until then was seen, and is recorded. Survives the process, not the machine. */
  observed(untilSeconds: number): Promise<void> {
    const entry: Entry = { kind: 'Observed', untilSeconds };
    return this.#exclusive(() => this.#append(entry, { durable: false }));
  }

  /** Makes sure that something can be recorded. Throws SpoolFullError. */
  makeRoom(): Promise<void> {
    return this.#exclusive(async () => {
      if (!this.#hasRoom(this.#segmentBytes / 2, false)) await this.#rotate(0);
    });
  }

  /**
   * The report to send: the one that is under way, or else one of the next changes, at most `limit`
   * of them. Without changes there is one when more was observed since. Throws SpoolFullError.
   */
  next(limit: number): Promise<SpooledReport | undefined> {
    return this.#exclusive(async () => {
      const { progress, observedUntilSeconds: until } = this.#state;
      const isNews = this.waitingChanges > 0 || until > progress.reportedUntilSeconds;
      if (this.#state.cut === undefined && !isNews) return undefined;
      const cut = this.#state.cut ?? (await this.#cut(limit));
      const { sequence, observedUntilSeconds } = cut;
      const changes = await this.#read(cut);
      return { spoolId: this.spoolId, sequence, observedUntilSeconds, changes };
    });
  }

  /** The hub has stored the report. */
  acknowledge(sequence: number): Promise<void> {
    return this.#exclusive(async () => {
      const { cut } = this.#state;
      if (cut?.sequence !== sequence) return;
      const { to: sent, observedUntilSeconds: reportedUntilSeconds } = cut;
      await this.#proceed({ sequence, sent, reportedUntilSeconds });
    });
  }

  /** The report under way was refused as it is: its first changes go alone, at most `limit`. */
  shorten(limit: number): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#state.cut !== undefined) await this.#cut(limit);
    });
  }

  /**
   * The report under way was refused for good. Its changes are kept in a file beside the spool, its
   * sequence goes to the next report.
   */
  setAside(why: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#exclusive(async () => {
      const { cut, progress } = this.#state;
      if (cut === undefined) return;
      const changes = await this.#read(cut);
      if (changes.length > 0) {
        await this.#makeRejectedRoom();
        await this.#files.append(rejectedName, `${JSON.stringify({ ...why, changes })}\n`);
      }
      await this.#proceed({ ...progress, sent: cut.to });
    });
  }

  /** Waits for what was asked for, and closes the files. */
  close(): Promise<void> {
    return this.#exclusive(() => this.#files.close());
  }

  async #cut(limit: number): Promise<Cut> {
    const { progress, changes, observedUntilSeconds } = this.#state;
    const to = Math.min(progress.sent + limit, changes);
    const cut: Cut = {
      sequence: progress.sequence + 1,
      from: progress.sent,
      to,
      // Time must not be told of before the changes in it.
      observedUntilSeconds: to === changes ? observedUntilSeconds : progress.reportedUntilSeconds,
    };
    await this.#append({ kind: 'Cut', cut }, { durable: true, reserve: true });
    return cut;
  }

  async #proceed(progress: SpoolState['progress']): Promise<void> {
    const entry: Entry = { kind: 'Progress', progress };
    try {
      await this.#append(entry, { durable: false, reserve: true });
    } catch (error) {
      // Known after a crash or not: the hub takes the same report again.
      this.#logger.warn(errorFields(error), 'an acknowledgement was not written down');
      this.#state.apply(entry);
    }
    await this.#drop();
  }

  async #append(
    entry: Entry,
    { durable, reserve = false }: { durable: boolean; reserve?: boolean },
  ): Promise<void> {
    let record = encodeRecord(entry, this.#place);
    if (!this.#hasRoom(record.bytes.length, reserve)) {
      await this.#rotate(record.bytes.length);
      record = encodeRecord(entry, this.#place);
    }
    const segment = this.#active();
    try {
      await this.#files.write(segment.name, this.#place.position, record.bytes, durable);
    } catch (error) {
      throw roomError(error);
    }
    this.#place = record.next;
    this.#state.apply(entry);
    segment.end = this.#state.changes;
  }

  #hasRoom(bytes: number, reserve: boolean): boolean {
    const segment = this.#segments.at(-1);
    if (segment === undefined) return false;
    const kept = reserve ? 0 : this.#segmentBytes * reserveShare;
    return this.#place.position + bytes + kept <= segment.bytes;
  }

  #active(): Segment {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw new Error('the spool has no segment');
    return segment;
  }

  /** Goes on in a new segment that has room for a record of `bytes`. */
  async #rotate(bytes: number): Promise<void> {
    await this.#drop();
    const number = Number(segmentName.exec(this.#segments.at(-1)?.name ?? '')?.[1] ?? 0) + 1;
    const name = `segment-${String(number).padStart(8, '0')}.log`;
    const snapshot = encodeRecord(this.#state.snapshot(), firstPlace(name));
    const size = snapshot.bytes.length + Math.max(this.#segmentBytes, 2 * bytes);
    if (this.bytes + size > this.#maxBytes) {
      throw new SpoolFullError(
        `the spool has ${this.bytes} bytes that the hub has not acknowledged, at most ` +
          `${this.#maxBytes} are kept; is the api reachable?`,
      );
    }
    try {
      await this.#files.allocate(name, size);
      await this.#files.write(name, 0, snapshot.bytes, true);
    } catch (error) {
      await this.#files.remove(name).catch(() => undefined);
      throw roomError(error);
    }
    const { changes } = this.#state;
    this.#segments.push({ name, bytes: size, first: changes, end: changes, damaged: false });
    this.#place = snapshot.next;
    await this.#drop();
  }

  /** Deletes segments whose changes are all acknowledged; never the one that is written. */
  async #drop(): Promise<void> {
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments;
      if (oldest === undefined || oldest.end > this.#state.progress.sent) return;
      this.#segments.shift();
      if (oldest.damaged) await this.#files.rename(oldest.name, `damaged-${oldest.name}`);
      else await this.#files.remove(oldest.name);
    }
  }

  async #read(cut: Cut): Promise<readonly IntervalChange[]> {
    const changes: IntervalChange[] = [];
    for (const segment of this.#segments) {
      if (segment.end > cut.from && segment.first < cut.to) {
        changes.push(...(await this.#readSegment(segment, cut)));
      }
    }
    return changes;
  }

  async #readSegment(segment: Segment, { from, to }: Cut): Promise<readonly IntervalChange[]> {
    const changes: IntervalChange[] = [];
    const { name, first, end } = segment;
    const isKnown = this.#cursor?.segment === name && this.#cursor.change <= from;
    const start = isKnown ? this.#cursor : undefined;
    let { change, place } = start ?? { change: first, place: firstPlace(name) };
    for await (const { value, next } of readRecords(this.#files, name, place)) {
      const entry = value as Entry;
      const of = entry.kind === 'Batch' ? entry.batch.changes : [];
      changes.push(...of.slice(Math.max(0, from - change), Math.max(0, to - change)));
      change += of.length;
      place = next;
      if (change <= from) this.#cursor = { segment: name, place, change };
      if (change >= to) break;
    }
    if (change < Math.min(to, end)) this.#damage(segment, end - change);
    return changes;
  }

  async #makeRejectedRoom(): Promise<void> {
    const bytes = await this.#files.size(rejectedName);
    if (bytes < maxRejectedBytes) return;
    const files = { file: rejectedName, replaced: olderRejectedName };
    this.#logger.error(files, 'too many refused changes; the oldest are given up');
    await this.#files.rename(rejectedName, olderRejectedName);
  }

  async #recover(): Promise<void> {
    const names = (await this.#files.names()).filter((name) => segmentName.test(name)).toSorted();
    for (const name of names) await this.#recoverSegment(name);
  }

  async #recoverSegment(name: string): Promise<void> {
    let segment: Segment | undefined;
    let next = firstPlace(name);
    for await (const record of readRecords(this.#files, name, next)) {
      const entry = record.value as Entry;
      if (segment === undefined) {
        if (entry.kind !== 'Snapshot') break;
        this.#checkContinues(entry.changes);
        const bytes = await this.#files.size(name);
        segment = { name, bytes, first: entry.changes, end: entry.changes, damaged: false };
      }
      this.#state.apply(entry);
      segment.end = this.#state.changes;
      ({ next } = record);
    }
    if (segment === undefined) {
      // The process ended while it made this one; nothing was recorded in it.
      this.#logger.warn({ file: name }, 'a segment without a beginning is removed');
      await this.#files.remove(name);
      return;
    }
    this.#segments.push(segment);
    this.#place = next;
  }

  #checkContinues(changes: number): void {
    const before = this.#segments.at(-1);
    if (before === undefined || before.end === changes) return;
    this.#damage(before, changes - before.end);
  }

  /** What a broken disk took cannot be told; its remains are kept for a person to look at. */
  #damage(segment: Segment, lostChanges: number): void {
    segment.damaged = true;
    const fields = { file: segment.name, lostChanges };
    this.#logger.error(fields, 'a segment is damaged: changes in it are lost; it is kept');
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** An error of the disk; one that room would mend becomes a SpoolFullError. */
function roomError(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new SpoolFullError(`the disk of the spool is full: ${message}`, { cause: error });
}
