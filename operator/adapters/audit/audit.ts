import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { auditDecisions, transfersOfEvent, walletIn } from '../../domain/audit/chain-audit.ts';
import { JournalAudit } from '../../domain/audit/journal-audit.ts';
import {
  type EpochCharges,
  type Extension,
  LeaseBlockAudit,
} from '../../domain/audit/lease-block-audit.ts';
import { auditRewards } from '../../domain/audit/reward-audit.ts';
import { Settlements } from '../../domain/audit/settlements.ts';
import { parseTransfer, type StoredTransfer } from '../../domain/audit/stored-transfer.ts';
import type { ClosedEpoch, Difference } from '../../domain/audit/types.ts';
import { epochStart } from '../../domain/epoch.ts';
import { firstChain, transferBlock } from '../../domain/ledger/digest.ts';
import { nameOf, transfersOf } from '../../domain/ledger/journal.ts';
import { toHex } from '../../domain/settlement/hex.ts';
import { rewardSubject } from '../../domain/rewards/transfers.ts';
import type { AuditReader, AuditSource } from '../../ports/audit-source.ts';
import { sha256, sha256Bytes } from '../../runtime/sha256.ts';
import { depositReferenceOf } from '../../settlement/ids.ts';
import { RootAudit } from './root-audit.ts';

/** What an audit found in one epoch. */
export type EpochAudit = Readonly<{
  epoch: number;
  startSeconds: number;
  closed: boolean;
  leases: number;
  transfers: number;
  /** Base units of IO; undefined: not rewarded. */
  emitted: bigint | undefined;
  differences: number;
}>;

export type AuditResult = Readonly<{
  from: number;
  to: number;
  epochs: readonly EpochAudit[];
  differences: number;
  /** The first of them. */
  first: readonly Difference[];
}>;

/** More than this are counted and not told one by one. */
const maxDifferences = 100;
/** So many epochs are charged side by side. */
const epochsAtOnce = 24;
/** Between so many leases what the database sends is taken in. */
const leasesAtOnce = 250;

/**
 * Computes epochs again from intervals, leases and the rules of their time, and compares everything
 * that is written down. Without `to` up to now: the epoch that is still open has no digest, but leases
 * that were settled in it, and its transfers.
 */
export function audit(source: AuditSource, from: number, to?: number): Promise<AuditResult> {
  return source.read(async (reader) => {
    const last = to ?? reader.lastClosed + 1;
    if (to !== undefined && to > reader.lastClosed) {
      throw new RangeError(`epoch ${to} is not closed: ${reader.lastClosed} is the last one`);
    }
    if (from > last) throw new RangeError(`there is no epoch from ${from} to ${last}`);
    const findings = new Findings();
    const before = await reader.balancesBefore(from);
    let balances: ReadonlyMap<string, bigint> = new Map(
      before.map(({ account, amount }) => [nameOf(account), amount]),
    );
    const roots = new RootAudit(await reader.rewardOpening(from - 1), findings.report);
    for (let first = from; first <= last; first += epochsAtOnce) {
      const until = Math.min(last, first + epochsAtOnce - 1);
      balances = await new PartAudit(reader, first, until, roots, findings).run(balances);
    }
    await auditAccounts(reader, findings);
    return { from, to: last, ...findings.result };
  });
}

/** Collects what was found. */
class Findings {
  readonly #first: Difference[] = [];
  readonly #byEpoch = new Map<number, number>();
  readonly #epochs: Omit<EpochAudit, 'differences'>[] = [];
  readonly #told = new Set<string>();
  #count = 0;

  readonly report = (difference: Difference): void => {
    // A row that is looked at from two sides is told once.
    if (this.#count < maxDifferences) {
      const text = Object.values(difference).join('\n');
      if (this.#told.has(text)) return;
      this.#told.add(text);
      this.#first.push(difference);
    }
    this.#count += 1;
    const { epoch } = difference;
    this.#byEpoch.set(epoch, (this.#byEpoch.get(epoch) ?? 0) + 1);
  };

  add(epoch: Omit<EpochAudit, 'differences'>): void {
    this.#epochs.push(epoch);
  }

  get result(): Pick<AuditResult, 'epochs' | 'differences' | 'first'> {
    const epochs = this.#epochs.map((each) => ({
      ...each,
      differences: this.#byEpoch.get(each.epoch) ?? 0,
    }));
    return { epochs, differences: this.#count, first: this.#first };
  }
}

/** Some epochs in a row. */
class PartAudit {
  readonly #reader: AuditReader;
  readonly #from: number;
  readonly #to: number;
  readonly #roots: RootAudit;
  readonly #findings: Findings;
  readonly #charges = new Map<number, EpochCharges>();
  readonly #chargeBlocks = new Map<number, Buffer[]>();
  readonly #transferBlocks = new Map<number, readonly Buffer[]>();
  readonly #transfers = new Map<number, number>();
  readonly #emitted = new Map<number, bigint>();

  constructor(reader: AuditReader, from: number, to: number, roots: RootAudit, findings: Findings) {
    this.#reader = reader;
    this.#from = from;
    this.#to = to;
    this.#roots = roots;
    this.#findings = findings;
    for (let epoch = from; epoch <= to; epoch += 1) {
      const settlements = new Settlements();
      this.#charges.set(epoch, { settlements, leases: 0, corrections: 0, shortfalls: 0 });
      this.#chargeBlocks.set(epoch, []);
    }
  }

  /** Audits them, from the balances before to those after, which it returns. */
  async run(before: ReadonlyMap<string, bigint>): Promise<ReadonlyMap<string, bigint>> {
    const journal = await this.#readJournal(before);
    await this.#chargeLeases(journal);
    await this.#compareEvents(journal);
    journal.compareRest(this.#to);
    await this.#shareRewards(journal);
    await this.#compareEpochs(journal);
    return journal.balances;
  }

  async #readJournal(before: ReadonlyMap<string, bigint>): Promise<JournalAudit> {
    const journal = new JournalAudit(before, sha256, this.#findings.report);
    for (let epoch = this.#from; epoch <= this.#to; epoch += 1) {
      const blocks = new TransferBlocks();
      for await (const lines of this.#reader.transfers(epoch)) {
        blocks.add(lines);
        await this.#compareDeposits(journal.take(epoch, lines));
      }
      journal.endEpoch(epoch);
      this.#transferBlocks.set(epoch, blocks.end());
      this.#transfers.set(epoch, blocks.count);
    }
    return journal;
  }

  async #compareDeposits(transfers: readonly StoredTransfer[]): Promise<void> {
    if (transfers.length === 0) return;
    const references = transfers.map(({ transfer }) => transfer.subject);
    const deposits = await this.#reader.deposits(references);
    const known = new Map(deposits.map((deposit) => [deposit.reference, deposit]));
    for (const { transfer } of transfers) {
      const deposit = known.get(transfer.subject);
      const { credit, debit, amount, epoch, subject } = transfer;
      const stored =
        deposit === undefined
          ? 'no such deposit'
          : `${deposit.owner} ${deposit.amount} ${deposit.asset}`;
      const computed = `${credit.owner} ${amount} ${debit.asset}`;
      if (stored !== computed) {
        this.#findings.report({ epoch, table: 'deposits', row: subject, stored, computed });
      }
    }
  }

  async #compareEvents(journal: JournalAudit): Promise<void> {
    const { report } = this.#findings;
    for await (const events of this.#reader.chainEvents(this.#from, this.#to)) {
      for (const event of events) {
        journal.compareEvent(event.subject, transfersOfEvent(event, depositReference, report));
      }
    }
    const subjects = journal.decided.map(({ transfer }) => transfer.subject);
    const decisions = await this.#reader.decisions(subjects);
    const wallets = subjects.flatMap((subject) => walletIn(subject) ?? []);
    const accounts = await this.#reader.walletAccounts(wallets);
    auditDecisions(journal.decided, decisions, (wallet) => accounts.get(wallet), report);
  }

  async #chargeLeases(journal: JournalAudit): Promise<void> {
    const { genesisSeconds, lastClosed } = this.#reader;
    const extensions = await this.#extensions();
    const held = new Map<string, bigint>();
    const [from, to] = [this.#from, this.#to];
    const { report } = this.#findings;
    const epochs = this.#charges;
    const parts = { journal, epochs, extensions, held, names: new Map<string, string>(), report };
    const context = { from, to, lastClosed, genesisSeconds, ...parts };
    for await (const block of this.#reader.leaseBlocks(from, to)) {
      const blockAudit = new LeaseBlockAudit(block, context);
      while (blockAudit.step(leasesAtOnce)) await setImmediate();
      for (const [epoch, lines] of blockAudit.end()) {
        if (lines !== '') this.#chargeBlocks.get(epoch)?.push(sha256Bytes(lines));
      }
    }
    if (to >= lastClosed) await compareHeld(this.#reader, held, this.#findings);
  }

  async #extensions(): Promise<ReadonlyMap<bigint, readonly Extension[]>> {
    const extensions = new Map<bigint, Extension[]>();
    for (const { leaseNo, epoch, amount } of await this.#reader.extensions(this.#from)) {
      const list = extensions.get(leaseNo) ?? [];
      list.push({ epoch, amount });
      extensions.set(leaseNo, list);
    }
    return extensions;
  }

  async #shareRewards(journal: JournalAudit): Promise<void> {
    const standings = await this.#reader.standings(this.#from, this.#to);
    const standing = new Map(standings.map((each) => [each.epoch, each]));
    const bindings = await this.#reader.bindings(this.#from, this.#to);
    for await (const stored of this.#reader.rewards(this.#from, this.#to)) {
      const { header, postedEpoch } = stored;
      const expected = auditRewards(stored, sha256, this.#findings.report);
      if (header.epoch >= this.#from && header.epoch <= this.#to) {
        this.#roots.take(header.epoch, expected, bindings, standing.get(header.epoch));
      }
      this.#emitted.set(header.epoch, header.emitted);
      const subject = rewardSubject(header.epoch);
      const inside = postedEpoch >= this.#from && postedEpoch <= this.#to;
      const posted = inside
        ? journal.ofRewards(subject)
        : (await this.#reader.rewardTransfers(postedEpoch))
            .map(parseTransfer)
            .filter(({ transfer }) => transfer.subject === subject);
      journal.compare(posted, expected);
    }
  }

  async #compareEpochs(journal: JournalAudit): Promise<void> {
    const epochs = await this.#reader.epochs(this.#from - 1, this.#to);
    const known = new Map(epochs.map((each) => [each.epoch, each]));
    const before = known.get(this.#from - 1);
    let chain: Buffer =
      before === undefined ? Buffer.from(firstChain) : Buffer.from(before.chain, 'hex');
    for (let epoch = this.#from; epoch <= this.#to; epoch += 1) {
      const { settlements, ...counts } = this.#charges.get(epoch) ?? nothing;
      const stored = known.get(epoch);
      const transfers = transfersOf(epoch, settlements.all);
      journal.compareClose(epoch, transfers, stored?.closedAtSeconds ?? 0);
      this.#findings.add(this.#told(epoch, counts.leases));
      if (epoch > this.#reader.lastClosed) continue;
      const digest = sha256Bytes(
        Buffer.concat([
          ...(this.#chargeBlocks.get(epoch) ?? []),
          ...(this.#transferBlocks.get(epoch) ?? []),
        ]),
      );
      chain = sha256Bytes(Buffer.concat([chain, digest]));
      const hex = { digest: digest.toString('hex'), chain: chain.toString('hex') };
      this.#compareEpoch(epoch, stored, { ...counts, ...hex });
    }
  }

  #told(epoch: number, leases: number): Omit<EpochAudit, 'differences'> {
    const { genesisSeconds, lastClosed } = this.#reader;
    return {
      epoch,
      startSeconds: epochStart(epoch, genesisSeconds),
      closed: epoch <= lastClosed,
      leases,
      transfers: this.#transfers.get(epoch) ?? 0,
      emitted: this.#emitted.get(epoch),
    };
  }

  #compareEpoch(
    epoch: number,
    stored: ClosedEpoch | undefined,
    computed: Omit<ClosedEpoch, 'epoch' | 'closedAtSeconds'>,
  ): void {
    for (const [name, value] of Object.entries(computed)) {
      const is = stored?.[name as keyof typeof computed];
      if (is === value) continue;
      this.#findings.report({
        epoch,
        table: 'epochs',
        row: name,
        stored: String(is ?? 'no such epoch'),
        computed: String(value),
      });
    }
  }
}

const nothing = { settlements: new Settlements(), leases: 0, corrections: 0, shortfalls: 0 };

/** What is held for leases that go on is what the accounts say is held. */
async function compareHeld(
  reader: AuditReader,
  held: ReadonlyMap<string, bigint>,
  { report }: Findings,
): Promise<void> {
  for (const { account, balance } of await reader.accounts()) {
    if (account.kind !== 'renter:held') continue;
    const computed = held.get(nameOf(account)) ?? 0n;
    if (computed === balance) continue;
    const row = `${nameOf(account)}, against the holds of its leases`;
    const epoch = reader.lastClosed;
    report({ epoch, table: 'accounts', row, stored: `${balance}`, computed: `${computed}` });
  }
}

/** Balances are what all transfers come to, and add up to nothing. */
async function auditAccounts(reader: AuditReader, { report }: Findings): Promise<void> {
  const epoch = reader.lastClosed;
  const sums = new Map<string, bigint>();
  for (const { account, balance, sum } of await reader.accounts()) {
    sums.set(account.asset, (sums.get(account.asset) ?? 0n) + balance);
    if (balance === sum) continue;
    const row = nameOf(account);
    report({ epoch, table: 'accounts', row, stored: `${balance}`, computed: `${sum}` });
  }
  for (const [asset, sum] of sums) {
    if (sum === 0n) continue;
    const row = `all of ${asset}`;
    report({ epoch, table: 'accounts', row, stored: `${sum}`, computed: '0' });
  }
  for (const reference of await reader.unpostedDeposits(maxDifferences)) {
    const stored = 'a deposit';
    report({ epoch, table: 'deposits', row: reference, stored, computed: 'no transfer' });
  }
  for (const row of await reader.unpostedDecisions(maxDifferences)) {
    const [stored, computed] = ['decided or waiting', 'no such transfer'];
    report({ epoch, table: 'decisions', row, stored, computed });
  }
}

const depositReference = (account: string): string => toHex(depositReferenceOf(account));

/** Digests of the blocks of an epoch's transfers. */
class TransferBlocks {
  readonly #digests: Buffer[] = [];
  #hash = createHash('sha256');
  #block = -1;
  count = 0;

  /** Lines in the order of their ids. */
  add(lines: readonly string[]): void {
    for (const line of lines) {
      const start = line.indexOf('|', 2) + 1;
      const block = transferBlock(line.slice(start, start + 2));
      if (block !== this.#block) this.#next(block);
      this.#hash.update(`${line}\n`);
      this.count += 1;
    }
  }

  end(): readonly Buffer[] {
    this.#next(-1);
    return this.#digests;
  }

  #next(block: number): void {
    if (this.#block !== -1) this.#digests.push(this.#hash.digest());
    this.#hash = createHash('sha256');
    this.#block = block;
  }
}
