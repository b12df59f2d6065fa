import { createDeposits } from '../adapters/postgres/deposits.ts';
import { createEpochLedger } from '../adapters/postgres/epoch-ledger.ts';
import { createLeaseLedger } from '../adapters/postgres/lease-ledger.ts';
import { createRewardLedger } from '../adapters/postgres/reward-ledger.ts';
import { createRewardRoots } from '../adapters/postgres/reward-roots.ts';
import { createUsageIntake } from '../adapters/postgres/usage-intake.ts';
import { fixedPrice } from '../adapters/prices/fixed-price.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { epochEnd, epochStart } from '../domain/epoch.ts';
import type { Asset, LeaseTerms } from '../domain/ledger/types.ts';
import type { IntervalChange } from '../domain/metering/types.ts';
import { defaultRewardRules } from '../domain/rewards/rules.ts';
import type { DeviceFacts, RewardRules } from '../domain/rewards/types.ts';
import { MirroredHistory } from './mirrored-history.ts';
import { testGenesisSeconds } from './postgres.ts';
import { addressNamed, proveWallet } from './reward-fixture.ts';
import { below, pick, type RandomSource, seededRandom } from './seeded-random.ts';
import { walletNamed } from './wallet.ts';

const members = ['paris', 'oslo', 'lima'];
const renters = ['team-a/rich', 'team-b/rich', 'team-c/poor'];
const models = ['H100-80GB-HBM3', 'B200', 'L4', 'A10'];
const tick = 600;
const ticksPerEpoch = 6;

/** Rules by which devices of a history earn, though most of them are up for less than an hour. */
const lenient: RewardRules = { ...defaultRewardRules, allowedDownMinutes: 299 };

type Running = { startSeconds: number; pod: number };
type Lease = {
  readonly terms: LeaseTerms;
  hold: bigint;
  devices: string[];
  readonly running: Map<string, Running>;
  ended: boolean;
};
type Member = { spool: number; sequence: number; lagging: boolean; pending: IntervalChange[] };

/**
 * Writes a random history of so many epochs through the same ports as the processes do: deposits, leases
 * that grow and end, use that is told late, cut off and told anew, renters that run out of money,
 * closes and rewards.
 */
export async function writeHistory(
  database: Database,
  epochs: number,
  seed: number,
): Promise<void> {
  const history = openHistory(database, seed, true);
  for (let epoch = 1; epoch <= epochs; epoch += 1) await history.live(epoch);
}

/** The same history an epoch at a time; they come in order. */
export function openHistory(
  database: Database,
  seed: number,
  withRoots = false,
): Readonly<{ live: (epoch: number) => Promise<void> }> {
  const history = new History(database, seededRandom(seed));
  if (!withRoots) return history;
  const roots = new RootHistory(database, seededRandom(seed));
  const chain = new MirroredHistory(database, seededRandom(seed), { renters, wallets });
  return {
    live: async (epoch) => {
      await roots.proveWallets();
      if (epoch === 1) await proveRenters(database);
      await chain.live(epochStart(epoch, testGenesisSeconds) + tick);
      await history.live(epoch);
      await roots.build(epoch);
    },
  };
}

/** So that what they have can be paid out to them. */
async function proveRenters(database: Database): Promise<void> {
  for (const renter of renters) await proveWallet(database, renter, walletNamed(renter));
}

/** Some of them are proved by and by. */
const wallets = members.map((member) => walletNamed(`${member} 0`).address);
const target = {
  programId: addressNamed('program'),
  distributor: addressNamed('distributor'),
  mint: addressNamed('mint'),
};

/** Suppliers that prove wallets, late and several of them, and the roots of some epochs. */
class RootHistory {
  readonly #database: Database;
  readonly #random: RandomSource;

  constructor(database: Database, random: RandomSource) {
    this.#database = database;
    this.#random = random;
  }

  async proveWallets(): Promise<void> {
    for (const member of members) {
      if (this.#random() > 0.25) continue;
      const account = `io-${member}/${member}`;
      const wallet = walletNamed(`${member} ${below(this.#random, 3)}`);
      await proveWallet(this.#database, account, wallet);
    }
  }

  async build(epoch: number): Promise<void> {
    if (this.#random() > 0.6) return;
    const nowSeconds = epochEnd(epoch, testGenesisSeconds) + 140;
    await createRewardRoots(this.#database, target).build(nowSeconds);
  }
}

class History {
  readonly #random: RandomSource;
  readonly #leases: Lease[] = [];
  readonly #members = new Map<string, Member>();
  readonly #ledger;
  readonly #epochs;
  readonly #deposits;
  readonly #intake;
  readonly #rewards;
  #count = 0;

  constructor(database: Database, random: RandomSource) {
    this.#random = random;
    this.#ledger = createLeaseLedger(database);
    this.#epochs = createEpochLedger(database);
    this.#deposits = createDeposits(database);
    this.#intake = createUsageIntake(database);
    this.#rewards = createRewardLedger(database, { rules: lenient, prices: fixedPrice(250_000n) });
    for (const member of members) {
      this.#members.set(member, { spool: 1, sequence: 0, lagging: false, pending: [] });
    }
  }

  async live(epoch: number): Promise<void> {
    const start = epochStart(epoch, testGenesisSeconds);
    await this.#deposit(epoch, start);
    for (let step = 0; step < ticksPerEpoch; step += 1) {
      const now = start + step * tick + below(this.#random, tick);
      if (this.#chance(0.7)) await this.#open(now);
      if (this.#chance(0.2)) await this.#extend(now);
      this.#use(start + step * tick, now);
      if (this.#chance(0.3)) await this.#end(now);
      for (const name of members) await this.#report(name, now);
      if (this.#chance(0.3)) await this.#epochs.settleClosing(2, now);
    }
    const end = start + ticksPerEpoch * tick;
    for (const name of members) await this.#report(name, end);
    await this.#beat(end);
    await this.#epochs.settleClosing(1, end + 60);
    await this.#epochs.closeEpoch(epoch, end + 120);
    await this.#rewards.distribute(epoch, this.#facts(), end + 130);
  }

  async #deposit(epoch: number, now: number): Promise<void> {
    for (const owner of renters) {
      const poor = owner.endsWith('poor');
      for (const asset of ['USDC', 'IO'] as const) {
        if (epoch > 1 && this.#chance(0.5)) continue;
        const unit = asset === 'USDC' ? 1_000_000 : 100_000_000;
        const amount = BigInt(1 + below(this.#random, (poor ? 12 : 400) * unit));
        const reference = `deposit, "${owner}" ${asset} ${epoch}`;
        await this.#deposits.deposit({ reference, owner, asset, amount, source: 'test' }, now);
      }
    }
  }

  async #open(now: number): Promise<void> {
    this.#count += 1;
    const asset: Asset = this.#chance(0.3) ? 'IO' : 'USDC';
    const member = pick(this.#random, members);
    const devices = Array.from({ length: 1 + below(this.#random, 3) }, (_, slot) => `gpu-${slot}`);
    const terms: LeaseTerms = {
      leaseId: `lease-${this.#count}`,
      clusterUid: `uid-${this.#count}`,
      cluster: `team/cluster-${this.#count}`,
      member,
      renter: pick(this.#random, renters),
      supplier: `io-${member}/${member}`,
      asset,
      fees: { renterBasisPoints: asset === 'USDC' ? 225 : 25, supplierBasisPoints: 25 },
      devices: devices.map((device, slot) => ({
        device,
        model: models[slot] ?? '',
        ratePerHour: this.#rate(asset),
      })),
      openedAtSeconds: now,
    };
    const hold = terms.devices.reduce((sum, { ratePerHour }) => sum + ratePerHour, 0n);
    const { kind } = await this.#ledger.open(terms, hold, now);
    if (kind !== 'Held') return;
    this.#leases.push({ terms, hold, devices, running: new Map(), ended: false });
  }

  async #extend(now: number): Promise<void> {
    const lease = this.#anyOpen();
    if (lease === undefined) return;
    const device = `more-${this.#count}-${lease.devices.length}`;
    const ratePerHour = this.#rate(lease.terms.asset);
    const hold = lease.hold + ratePerHour;
    const { leaseId } = lease.terms;
    const more = [{ device, model: 'A10', ratePerHour }];
    const { kind } = await this.#ledger.extend(leaseId, more, hold, now);
    if (kind !== 'Held') return;
    lease.hold = hold;
    lease.devices.push(device);
  }

  /** Workers come and go between two instants. */
  #use(from: number, now: number): void {
    for (const lease of this.#leases) {
      if (lease.ended) continue;
      for (const device of lease.devices) {
        const at = Math.max(from, lease.terms.openedAtSeconds);
        const running = lease.running.get(device);
        if (running === undefined && this.#chance(0.6)) {
          this.#begin(lease, device, Math.min(now, at + below(this.#random, 300)));
        } else if (running !== undefined && this.#chance(0.25)) {
          const end = Math.min(now, Math.max(running.startSeconds + 1, at));
          if (end > running.startSeconds) this.#finish(lease, device, running, end);
        }
      }
    }
  }

  #begin(lease: Lease, device: string, startSeconds: number): void {
    this.#count += 1;
    const running = { startSeconds, pod: this.#count };
    lease.running.set(device, running);
    this.#tell(lease, { kind: 'Opened', ...keyOf(lease, device, running) });
  }

  #finish(lease: Lease, device: string, running: Running, endSeconds: number): void {
    lease.running.delete(device);
    const key = keyOf(lease, device, running);
    this.#tell(lease, { kind: 'Closed', ...key, endSeconds, reason: 'NotReady' });
  }

  #tell({ terms }: Lease, change: IntervalChange): void {
    this.#members.get(terms.member)?.pending.push(change);
  }

  async #end(now: number): Promise<void> {
    const lease = this.#anyOpen();
    if (lease === undefined) return;
    lease.ended = true;
    for (const [device, running] of lease.running) {
      // Some are never told to have ended: the end of the lease is theirs.
      if (running.startSeconds < now && this.#chance(0.7)) {
        this.#finish(lease, device, running, now);
      }
    }
    await this.#ledger.close(lease.terms.leaseId, now, 'deleted by its renter');
  }

  async #report(name: string, now: number): Promise<void> {
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.lagging = member.lagging ? this.#chance(0.7) : this.#chance(0.15);
    if (member.lagging) return;
    if (this.#chance(0.05)) {
      member.spool += 1;
      member.sequence = 0;
    }
    member.sequence += 1;
    // What ended is told a report too late, after it was counted on.
    const forgotten = this.#chance(0.2)
      ? member.pending.filter(({ kind }) => kind === 'Closed').slice(-1)
      : [];
    const report = {
      spoolId: `spool-of-tests-${String(member.spool).padStart(4, '0')}`,
      sequence: member.sequence,
      sentAtMs: now * 1_000,
      observedUntilSeconds: now,
      changes: member.pending.filter((change) => !forgotten.includes(change)),
    };
    member.pending = forgotten;
    await this.#intake.report(name, report, now * 1_000);
  }

  async #beat(end: number): Promise<void> {
    const roster = ['gpu-0', 'gpu-1', 'gpu-2'];
    for (const name of members) {
      for (let minute = end / 60 - 5; minute < end / 60; minute += 1) {
        const up = Buffer.of(this.#chance(0.9) ? 7 : 5).toString('base64');
        const rosterHash = `roster-of-${name}`;
        const beat = { minute, sentAtMs: minute * 60_000, rosterHash, roster, up };
        await this.#intake.heartbeat(name, beat, minute * 60_000);
      }
    }
  }

  #facts(): readonly DeviceFacts[] {
    return members.flatMap((member) =>
      [0, 1, 2, 3].map((slot) => ({
        member,
        name: `gpu-${slot}`,
        model: models[slot],
        ...(slot === 1 && this.#chance(0.5) ? { migProfile: '3g.90gb' } : {}),
        verified: this.#chance(0.9),
        staked: false,
        offered: this.#chance(0.9),
        leased: this.#chance(0.5),
        slashed: this.#chance(0.1),
        supplier: member === 'lima' && this.#chance(0.3) ? undefined : `io-${member}/${member}`,
      })),
    );
  }

  #anyOpen(): Lease | undefined {
    const open = this.#leases.filter(({ ended }) => !ended);
    return open.length === 0 ? undefined : pick(this.#random, open);
  }

  #rate(asset: Asset): bigint {
    return BigInt(1 + below(this.#random, asset === 'USDC' ? 5_000_000 : 500_000_000));
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

function keyOf({ terms }: Lease, device: string, { startSeconds, pod }: Running) {
  const podUid = `0a0b0c0d-0000-4000-8000-${pod.toString(16).padStart(12, '0')}`;
  return { leaseId: terms.leaseId, podUid, device, startSeconds };
}
