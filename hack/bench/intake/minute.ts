import type { IntervalChange, UsageReport } from '../../../operator/domain/metering/types.ts';
import type { UsageIntake } from '../../../operator/ports/usage-intake.ts';
import { devicesPerLease, devicesPerMember, leaseName, memberName, podUid } from './fixture.ts';

const AT_ONCE = 16;
const MINUTE_SECONDS = 60;
const spoolOf = (member: number): string => `spool-of-member-${String(member).padStart(6, '0')}`;
const roster = Array.from({ length: devicesPerMember }, (_, n) => `node-${n >> 3}-gpu-${n & 7}`);
/** One of the devices of each member is down, as it is somewhere always. */
const up = Buffer.alloc(Math.ceil(devicesPerMember / 8), 0xff)
  .fill(0xfe, 0, 1)
  .toString('base64');
const rosterHash = 'r'.repeat(64);

/** Members that report to a store as agents do, minute after minute. */
export class Agents {
  readonly #intake: UsageIntake;
  readonly #members: number;
  readonly #startSeconds: number;
  /** Of the devices that changed: start of the open interval and how many pods there were. */
  readonly #open = new Map<string, readonly [start: number, pods: number]>();
  #minute = 0;
  #sequence = 0;
  #restarts = 0;

  constructor(intake: UsageIntake, members: number, startSeconds: number) {
    this.#intake = intake;
    this.#members = members;
    this.#startSeconds = startSeconds;
  }

  /** The first message of each member: its spool and its roster. */
  async begin(): Promise<void> {
    await this.#heartbeats({ roster });
    await this.#reports(() => []);
  }

  /**
   * One minute: a heartbeat of each member, and a report with the changes of those workers that were
   * restarted in it, so many of all members together. Returns the seconds that it took.
   */
  async minute(restarts: number): Promise<number> {
    this.#minute += 1;
    const byMember = Map.groupBy(
      Array.from({ length: restarts }, (_, n) => this.#restarts + n),
      (n) => n % this.#members,
    );
    this.#restarts += restarts;
    const changes = new Map(
      [...byMember].map(([member, of]) => [
        member,
        of.flatMap((n) => this.#restart(member, Math.floor(n / this.#members) % devicesPerMember)),
      ]),
    );
    const began = performance.now();
    await Promise.all([this.#heartbeats({}), this.#reports((member) => changes.get(member) ?? [])]);
    return (performance.now() - began) / 1000;
  }

  /** Reports in which nothing changed, `times` of each member. Returns the seconds that it took. */
  async idle(times: number): Promise<number> {
    const began = performance.now();
    for (let n = 0; n < times; n += 1) await this.#reports(() => []);
    return (performance.now() - began) / 1000;
  }

  #restart(member: number, device: number): readonly IntervalChange[] {
    const key = `${member} ${device}`;
    const [startSeconds, pods] = this.#open.get(key) ?? [this.#startSeconds, 0];
    const now = this.#now() - 30;
    this.#open.set(key, [now, pods + 1]);
    const of = {
      leaseId: leaseName(member, Math.floor(device / devicesPerLease)),
      device: `gpu-${device % devicesPerLease}`,
    };
    return [
      {
        ...of,
        kind: 'Closed',
        podUid: podUid(member, device, pods),
        startSeconds,
        endSeconds: now - 10,
        reason: 'NotReady',
      },
      { ...of, kind: 'Opened', podUid: podUid(member, device, pods + 1), startSeconds: now },
    ];
  }

  #now(): number {
    return this.#startSeconds + (this.#minute + 1) * MINUTE_SECONDS;
  }

  #heartbeats(more: { roster?: readonly string[] }): Promise<void> {
    const sentAtMs = this.#now() * 1000;
    const minute = Math.floor(this.#now() / MINUTE_SECONDS);
    return this.#eachMember(async (member) => {
      const report = { minute, sentAtMs, rosterHash, up, ...more };
      const result = await this.#intake.heartbeat(memberName(member), report, sentAtMs);
      if (result !== 'Stored') throw new Error(`a heartbeat was not stored: ${result}`);
    });
  }

  #reports(changesOf: (member: number) => readonly IntervalChange[]): Promise<void> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    const observedUntilSeconds = this.#now();
    return this.#eachMember(async (member) => {
      const changes = changesOf(member);
      const sentAtMs = observedUntilSeconds * 1000;
      const spoolId = spoolOf(member);
      const report: UsageReport = { spoolId, sequence, sentAtMs, observedUntilSeconds, changes };
      const { accepted } = await this.#intake.report(memberName(member), report, sentAtMs);
      if (accepted !== changes.length) {
        throw new Error(`${accepted} of ${changes.length} changes were taken`);
      }
    });
  }

  async #eachMember(work: (member: number) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let member = next++; member < this.#members; member = next++) await work(member);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}
