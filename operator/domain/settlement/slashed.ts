import type { IOSlashCase } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../condition-intent.ts';

/**
 * What cases say of a device. An accusation takes stake away, which Staked says; only a burn speaks
 * against the device itself, and for as long as its IOSlashCase is kept.
 */
export function slashedCondition(cases: readonly IOSlashCase[]): ConditionIntent<'Slashed'> {
  const burnt = cases.find(({ status }) => status?.outcome?.decision === 'Burned');
  if (burnt !== undefined) {
    const message = `Case ${burnt.metadata.name} burnt stake of the device.`;
    return { type: 'Slashed', status: 'True', reason: 'Burnt', message };
  }
  const open = cases.filter(({ status }) => status?.chain !== undefined && !status.outcome);
  const [accused] = open;
  if (accused === undefined) {
    const message = 'No case stands against the device.';
    return { type: 'Slashed', status: 'False', reason: 'NoCase', message };
  }
  const appealed = open.find(({ status }) => status?.appeal !== undefined);
  const { name } = (appealed ?? accused).metadata;
  const message = `Case ${name} is not decided yet.`;
  return {
    type: 'Slashed',
    status: 'Unknown',
    reason: appealed === undefined ? 'CaseOpen' : 'CaseAppealed',
    message,
  };
}
