// Shares the emission of epochs again: a device gets its score's part of what its pool has.
import { check, group, hex, index, rows, sha256, textOf } from './bundle.mjs';

/** What each of `count` periods emits, in 10^-8 IO: 8 % a year of 500 million, less each time. */
function periods(perYear, count, factor, scale) {
  const [amounts, guard] = [[], 10n ** 12n];
  let [state, left] = [(4n * 10n ** 15n * guard) / perYear, 3n * 10n ** 16n];
  for (; amounts.length < count - 1; state = (state * factor) / scale) {
    amounts.push(state / guard);
    left -= state / guard;
  }
  return [...amounts, left];
}
const [hourScale, monthScale] = [10n ** 19n, 10n ** 15n];
const hours = periods(8_760n, 175_319, hourScale - 138_869_523_959_793n, hourScale);
const months = periods(12n, 240, 989_848_952_962_529n, monthScale);

function emission(policy, { epoch, emitted_before: emittedBefore }, price) {
  let wanted = hours[Number(epoch - 1n)] ?? 0n;
  if (policy.kind === 'monthly') {
    const [month, hour] = [(epoch - 1n) / 730n, (epoch - 1n) % 730n];
    const amount = months[Number(month)] ?? 0n;
    wanted = (amount * (hour + 1n)) / 730n - (amount * hour) / 730n;
  } else if (policy.kind === 'usd-target') {
    const target = (BigInt(policy.microUsdPerEpoch) * 10n ** 8n) / price;
    if (target < wanted) wanted = target;
  }
  const left = 3n * 10n ** 16n - emittedBefore;
  return wanted < left ? wanted : left;
}

// Flags: 1 verified, 2 staked, 4 offered, 8 leased, 16 slashed, 32 up, 64 supplier known, 128 in
// cooldown.
function score({ flags, up_minutes: up }, multiplier, rules) {
  const needed = 1n | 32n | 64n | (rules.stakeRequired ? 2n : 0n);
  const enough = up >= BigInt(rules.uptimeWindowMinutes - rules.allowedDownMinutes);
  if ((flags & needed) !== needed || (flags & 12n) === 0n || (flags & 144n) !== 0n || !enough)
    return 0n;
  return multiplier * up * (100n + ((flags & 8n) === 0n ? 0n : BigInt(rules.leasedBonusPercent)));
}

/** A member with the class of each of its devices, which are counted, and the hashes of both. */
function memberOf(member, names, classes, at) {
  const [bytes, numbers] = [Buffer.from(member.classes, 'hex'), []];
  for (let i = 0; i < bytes.length; i += 4) numbers.push(bytes.readUInt32BE(i));
  for (const number of numbers) classes[number].count += 1n;
  check(`${at}, devices of ${member.member}`, names.length, numbers.length);
  const rosterHash = hex(sha256(names.map((name) => `${name}\n`).join('')));
  check(`${at}, roster of ${member.member}`, member.roster_hash, rosterHash);
  return { ...member, numbers, hashes: [rosterHash, hex(sha256(bytes))] };
}

/** Yields what has to be posted: epoch, cause, debit, credit, asset, subject, amount. */
export function* shareRewards() {
  const [rulesOf, prices] = [index('reward_rules.csv', 'rules_hash'), index('prices.csv', 'epoch')];
  const rosters = index('reward_rosters.csv', 'roster_hash');
  const classesOf = group('reward_classes.csv', 'epoch');
  const membersOf = group('reward_members.csv', 'epoch');
  for (const row of rows('reward_epochs.csv')) {
    const at = `rewards of epoch ${row.epoch}`;
    const text = textOf(rulesOf.get(row.rules_hash).content);
    const [rules, price] = [JSON.parse(text), prices.get(row.epoch)?.micro_usd];
    check(`${at}, rules`, row.rules_hash, hex(sha256(text)));
    const emitted = emission(rules.emission, row, price);
    const classes = (classesOf.get(row.epoch) ?? []).map((each) => {
      const { pool, milli } = rules.multipliers.models[each.model] ?? { milli: 0 };
      const multiplier = (BigInt(milli) * each.sevenths) / 7n;
      return {
        ...each,
        pool,
        multiplier,
        count: 0n,
        score: score(each, multiplier, rules),
        was: each,
      };
    });
    const members = (membersOf.get(row.epoch) ?? []).map((member) =>
      memberOf(member, rosters.get(member.roster_hash).names.split(' '), classes, at),
    );
    for (const each of classes) {
      const pool = rules.pools.find(({ name }) => name === each.pool);
      const all = classes.filter((other) => other.pool === each.pool);
      const scores = all.reduce((sum, other) => sum + other.score * other.count, 0n);
      const part = (emitted * BigInt(pool?.basisPoints ?? 0)) / 10_000n;
      each.amount = each.score === 0n ? 0n : (part * each.score) / scores;
    }
    const lines = classes.map(({ class_no: number, model, sevenths, up_minutes: up, ...each }) => {
      const { flags, multiplier, count, score: points, amount } = each;
      const line = [number, model, sevenths, up, flags, multiplier, count, points, amount].join(
        '|',
      );
      check(`${at}, class ${number}`, Object.values(each.was).slice(1).join('|'), line);
      return `class|${line}\n`;
    });
    const [suppliers, total] = [new Map(), { eligible: 0n, devices: 0n, left: emitted }];
    for (const { count, score: points, amount } of classes) {
      total.devices += count;
      total.eligible += points > 0n ? count : 0n;
      total.left -= amount * count;
    }
    for (const { member, supplier, numbers, hashes, amount: stored } of members) {
      const amount = numbers.reduce((sum, number) => sum + classes[number].amount, 0n);
      check(`${at}, amount of ${member}`, stored, amount);
      lines.push(`member|${[member, supplier, ...hashes, amount].join('|')}\n`);
      suppliers.set(supplier, (suppliers.get(supplier) ?? 0n) + amount);
    }
    const sums = [emitted, total.left, total.devices, total.eligible];
    const stored = [row.emitted, row.undistributed, row.devices, row.eligible];
    check(`${at}, sums`, stored.join('|'), sums.join('|'));
    const head = ['rewards', row.epoch, row.rules_hash, price, ...sums].join('|');
    const digest = hex(sha256(`${head}\n${lines.join('')}`));
    check(`${at}, digest`, row.digest, digest);
    const subject = `epoch ${row.epoch}`;
    const pool = 'rewards:pool,';
    yield [row.posted_epoch, 'Emission', 'emission,', pool, 'IO', subject, emitted];
    for (const [supplier, amount] of suppliers) {
      const credit = `supplier:rewards,${supplier}`;
      yield [row.posted_epoch, 'Reward', pool, credit, 'IO', subject, amount];
    }
  }
}
