// Computes a bundle of `io-operator audit --out DIR` again, with Node 22 and nothing else:
//   node recompute.mjs DIR    prints OK, or what differs. README.md says what is computed and how.
import { check, differences, group, hex, index, manifest, sha256, textOf } from './bundle.mjs';
import { chainMoves, isAdoption, isOfChain } from './chain.mjs';
import { shareRewards } from './rewards.mjs';
import { checkRoots } from './roots.mjs';

const [from, to, genesis] = ['from', 'to', 'genesisSeconds'].map((key) => BigInt(manifest[key]));
const [least, most] = [(a, b) => (a < b ? a : b), (a, b) => (a > b ? a : b)];
const [leases, closes] = [index('leases.csv', 'lease_no'), index('epochs.csv', 'epoch')];
const prices = index('lease_devices.csv', 'lease_no', 'slot');
const accounts = index('accounts.csv', 'kind', 'owner', 'asset');
const deposits = index('deposits.csv', 'reference');
const [charges, journal] = [group('charges.csv', 'epoch'), group('transfers.csv', 'epoch')];
const intervals = group('intervals.csv', 'lease_no');
const isExtension = ({ cause, subject }) => cause === 'Hold' && textOf(subject).includes('/');
const extensions = Map.groupBy(
  [...journal.values()].flat().filter(isExtension),
  (row) => row.lease_no,
);

/** What was held for a lease at its start and by extensions, when an epoch was closed. */
function baseAt({ lease_no: number, hold_base: base }, epoch) {
  return (extensions.get(number) ?? []).reduce(
    (sum, row) => (row.epoch > epoch ? sum - row.amount : sum),
    base,
  );
}
function add(blocks, block, line) {
  if (!blocks.has(block)) blocks.set(block, []);
  blocks.get(block).push(`${line}\n`);
}
/** What a close adds for a lease: seconds of its epoch, late ones, both and the late ones by price. */
function usage(row, last, lease) {
  const start = genesis + (row.epoch - 1n) * 3600n;
  const limit = row.final === 1n ? lease.ended_at_s : row.counted_until_s;
  const used = { seconds: 0n, late: 0n, raw: 0n, lateRaw: 0n, first: last.first_used_s };
  for (const each of intervals.get(row.lease_no) ?? []) {
    check(
      `price in ${lease.lease_id}`,
      each.rate_per_hour,
      prices.get(`${row.lease_no},${each.slot}`)?.rate_per_hour,
    );
    let [now, late] = [0n, each.revised_epoch === row.epoch ? each.start_s - each.end_s : 0n];
    if (each.known_epoch <= row.epoch && !(each.settled_epoch < row.epoch)) {
      const end = each.settled_epoch === row.epoch ? each.end_s : undefined;
      const until = least(limit, end ?? row.counted_until_s);
      now = most(0n, until - most(each.start_s, start));
      late += most(0n, until - each.start_s) - now;
      if (each.known_epoch < row.epoch)
        late -= most(0n, (last.counted_until_s ?? 0n) - each.start_s);
      used.first = least(used.first ?? each.start_s, each.start_s);
    }
    used.seconds += now;
    used.late += late;
    used.raw += (now + late) * each.rate_per_hour;
    used.lateRaw += late * each.rate_per_hour;
  }
  return used;
}
/** Total, rounded once, half down; then usage, renter's fee and supplier's fee, rounded down. */
function costs(raw, { renter_basis_points: renter, supplier_basis_points: supplier }) {
  const use = raw / 3600n;
  const total = (2n * raw * (10000n + renter) + 35999999n) / 72000000n;
  return [total, use, (raw * renter) / 36000000n, (use * supplier) / 10000n];
}
/** Usage, renter's fee, supplier's fee and rounding of what was collected of a total. */
function paid([total, ...parts], collected) {
  const [use, renter, supplier] = parts.map((part) =>
    collected === total ? part : (part * collected) / total,
  );
  return [use, renter, supplier, collected - use - renter];
}

const causes = ['Usage', 'RenterFee', 'SupplierFee', 'Rounding'];
const nothing = { raw_sum: 0n, renewed_sum: 0n, collected_sum: 0n };
const shared = [...shareRewards()];
const others = Map.groupBy([...shared, ...chainMoves()], (each) => each[0]);
const holds = new Map();
checkRoots(shared);
let before = new Map((charges.get(from - 1n) ?? []).map((row) => [row.lease_no, row]));
let chain = Buffer.from(closes.get(from - 1n)?.chain ?? '00'.repeat(32), 'hex');
const known = new Set(before.keys());
for (let epoch = from; epoch <= to; epoch += 1n) {
  const [wanted, funds, blocks] = [new Map(), new Map(), new Map()];
  const want = (...key) => {
    const amount = key.pop();
    wanted.set(key.join(), (wanted.get(key.join()) ?? 0n) + amount);
  };
  const [own, closing] = [[], []];
  for (const row of journal.get(epoch) ?? []) (row.subject === '' ? closing : own).push(row);
  const apply = (row) => {
    accounts.get(`${row.debit_kind},${row.debit_owner},${row.asset}`).opening -= row.amount;
    accounts.get(`${row.credit_kind},${row.credit_owner},${row.asset}`).opening += row.amount;
  };
  own.forEach(apply); // A close collects what renters have after all other transfers of its epoch.
  const settled = (charges.get(epoch) ?? []).map((row) => {
    const [lease, last] = [leases.get(row.lease_no), before.get(row.lease_no) ?? nothing];
    const used = usage(row, last, lease);
    const cost = costs(last.raw_sum + used.raw, lease);
    const [name, base] = [`renter:available,${lease.renter},${lease.asset}`, baseAt(lease, epoch)];
    const deficit = most(0n, cost[0] - base - last.renewed_sum);
    const added = row.renewed_sum - last.renewed_sum;
    const left =
      row.final === 1n ? most(0n, added) : (funds.get(name) ?? accounts.get(name).opening);
    const granted = least(deficit, left);
    if (row.final === 0n) funds.set(name, left - granted);
    return { row, lease, last, used, cost, name, base, deficit, added, granted };
  });
  for (const { row, lease, last, used, cost, name, base, deficit, added, granted } of settled) {
    let renewed = granted;
    if (row.final === 0n && !(added === granted && lease.ended_at_s !== undefined)) {
      const renewal = least(most(0n, cost[0] - last.renewed_sum - deficit), funds.get(name));
      funds.set(name, funds.get(name) - renewal);
      renewed += renewal;
    }
    const collected = least(cost[0], base + last.renewed_sum + granted);
    const sums = [
      last.raw_sum + used.raw,
      used.lateRaw,
      ...cost,
      collected,
      last.renewed_sum + renewed,
    ];
    const seconds = [row.counted_until_s, used.first, used.seconds, used.late];
    const line = ['C', epoch, row.lease_no, ...seconds, ...sums, row.final].join('|');
    check(`epoch ${epoch}, ${lease.lease_id}`, ['C', ...Object.values(row)].join('|'), line);
    add(blocks, row.lease_no / 10000n, line);
    const [subject, available] = [
      row.final === 1n ? lease.lease_id : '',
      `renter:available,${lease.renter}`,
    ];
    const [held, earned] = [`renter:held,${lease.renter}`, `supplier:earned,${lease.supplier}`];
    const sides = [
      [held, earned],
      [held, 'network:fees,'],
      [earned, 'network:fees,'],
      [held, 'network:rounding,'],
    ];
    const paidBefore = paid(costs(last.raw_sum, lease), last.collected_sum);
    const middle = costs(last.raw_sum + used.lateRaw, lease);
    const between = used.lateRaw === 0n ? paidBefore : paid(middle, least(middle[0], collected));
    paid(cost, collected).forEach((part, i) => {
      want(causes[i], ...sides[i], lease.asset, subject, part - between[i]);
      want('Correction', ...sides[i], lease.asset, subject, between[i] - paidBefore[i]);
    });
    want('HoldRenewed', available, held, lease.asset, subject, renewed);
    const rest = row.final === 1n ? base + last.renewed_sum + renewed - collected : 0n;
    want('HoldReleased', held, available, lease.asset, subject, rest);
  }
  before = new Map(settled.map(({ row }) => [row.lease_no, row]));
  closing.forEach(apply);
  for (const [, ...move] of others.get(epoch) ?? []) want(...move);
  for (const row of journal.get(epoch) ?? []) {
    const [cause, subject] = [row.cause, textOf(row.subject)];
    const sides = [row.debit_kind, row.debit_owner, row.credit_kind, row.credit_owner];
    const parts = [cause, String(epoch), row.asset, ...sides, subject].map((part) =>
      Buffer.from(part),
    );
    const id = sha256(
      Buffer.concat(
        parts.flatMap((part) => [Buffer.from([0, 0, part.length >> 8, part.length]), part]),
      ),
    );
    check(`epoch ${epoch}, id of ${cause} ${subject}`, row.transfer_id, hex(id));
    add(blocks, row.transfer_id.slice(0, 2), ['T', ...Object.values(row)].join('|'));
    const [key, back] = [sides, [...sides.slice(2), ...sides.slice(0, 2)]].map((each) =>
      [cause, ...each, row.asset, subject].join(),
    );
    if (cause === 'Hold') holds.set(row.lease_no, (holds.get(row.lease_no) ?? 0n) + row.amount);
    else if (cause === 'Deposit' && !isOfChain(subject))
      check(`deposit ${subject}`, deposits.get(row.subject)?.amount, row.amount);
    else if (!isAdoption(row, subject))
      check(`epoch ${epoch}, ${key}`, row.amount, wanted.get(key) ?? -(wanted.get(back) ?? 0n));
    [key, back].forEach((each) => wanted.delete(each));
  }
  for (const [key, amount] of wanted) check(`epoch ${epoch}, ${key}`, 0n, amount);
  const digest = sha256(Buffer.concat([...blocks.values()].map((lines) => sha256(lines.join('')))));
  chain = sha256(Buffer.concat([chain, digest]));
  check(`epoch ${epoch}, digest`, closes.get(epoch)?.digest, hex(digest));
  check(`epoch ${epoch}, chain`, closes.get(epoch)?.chain, hex(chain));
}
// What was held for a lease that began in these epochs is what it says is held.
for (const [number, amount] of holds) {
  if (!leases.has(number) || known.has(number)) continue;
  check(`hold of ${leases.get(number).lease_id}`, leases.get(number).hold_base, amount);
}
for (const [name, { opening, closing }] of accounts) check(`balance of ${name}`, closing, opening);
console.log(differences === 0 ? `OK, epochs ${from} to ${to}` : `${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
