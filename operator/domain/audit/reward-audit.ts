import { emissionOf } from '../emission/policy.ts';
import type { Transfer } from '../ledger/journal.ts';
import { classBytes, type MemberReward, rewardLines, rosterText } from '../rewards/digest.ts';
import { canonicalRules } from '../rewards/rules.ts';
import { amountOf, share, supplierAmounts } from '../rewards/share.ts';
import { rewardTransfers } from '../rewards/transfers.ts';
import type { RewardedClass } from '../rewards/types.ts';
import type { Sha256Hex } from './stored-transfer.ts';
import type { Report, StoredRewards } from './types.ts';

/**
 * Shares an epoch's emission again, from the classes of its devices and the rules of its time, and
 * compares. Returns the transfers that have to be posted for it.
 */
export function auditRewards(
  stored: StoredRewards,
  sha256: Sha256Hex,
  report: Report,
): readonly Transfer[] {
  const { header, rules, classes: storedClasses } = stored;
  const { epoch } = header;
  const differs = (table: string, row: string, is: unknown, has: unknown): void => {
    if (is === has) return;
    report({ epoch, table, row, stored: String(is), computed: String(has) });
  };
  const hashOf = (text: string): string => sha256(new TextEncoder().encode(text));
  const rulesHash = hashOf(canonicalRules(rules));
  differs('reward_rules', 'rules_hash', header.rulesHash, rulesHash);
  const emitted = emissionOf(rules.emission, epoch, header.ioPrice, stored.emittedBefore) ?? 0n;
  const counts = countsOf(stored);
  const counted = storedClasses.map((each, number) => ({ ...each, devices: counts[number] ?? 0 }));
  const { classes, ...totals } = share(emitted, counted, rules);
  classes.forEach((each, number) => {
    differs('reward_classes', `class ${number}`, textOf(storedClasses[number]), textOf(each));
  });
  differs('reward_epochs', 'emitted', header.emitted, emitted);
  for (const total of ['undistributed', 'devices', 'eligible'] as const) {
    differs('reward_epochs', total, header[total], totals[total]);
  }
  const members = stored.members.map((member): MemberReward => {
    const { devices, supplier } = member;
    const amount = amountOf(member, classes);
    const rosterHash = hashOf(rosterText(devices));
    differs('reward_members', `amount of ${member.member}`, member.amount, amount);
    differs('reward_rosters', `hash of ${member.member}`, member.rosterHash, rosterHash);
    differs('reward_members', `devices of ${member.member}`, member.classes.length, devices.length);
    const classesHash = sha256(classBytes(member.classes));
    return { member: member.member, supplier, rosterHash, classesHash, amount };
  });
  const lines = rewardLines({ ...header, rulesHash, emitted, ...totals }, classes, members);
  differs('reward_epochs', 'digest', stored.digest, hashOf([...lines].join('')));
  return rewardTransfers(stored.postedEpoch, epoch, emitted, supplierAmounts(members));
}

/** How many devices are in each class. */
function countsOf({ members, classes }: StoredRewards): readonly number[] {
  const counts = classes.map(() => 0);
  for (const member of members) {
    for (const number of member.classes) counts[number] = (counts[number] ?? 0) + 1;
  }
  return counts;
}

function textOf(device: RewardedClass | undefined): string {
  if (device === undefined) return 'no such class';
  const { model, upMinutes, flags, multiplierMilli, devices, score, amount } = device;
  return [model, upMinutes, flags, multiplierMilli, devices, score, amount].join(' ');
}
