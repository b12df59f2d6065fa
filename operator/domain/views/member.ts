import type { IOMember } from '../../../crds/schema/index.ts';
import { conditionViews } from './conditions.ts';
import { accountOfMember } from './device.ts';
import type { MemberView } from './types.ts';

/** An IOMember as those see it who run it. */
export function memberView(member: IOMember): MemberView {
  const { metadata, spec, status } = member;
  const { kubernetes, kuberay, agent } = status?.versions ?? {};
  return {
    name: metadata.name,
    displayName: spec.displayName,
    account: accountOfMember(member),
    accepted: spec.accepted,
    denied: spec.denied,
    cordoned: spec.cordoned,
    drainDeadline: spec.drain?.deadline,
    country: spec.location.country,
    region: spec.location.region,
    city: spec.location.city,
    certifications: spec.certifications,
    conditions: conditionViews(status?.conditions),
    createdAt: metadata.creationTimestamp ?? '',
    devices: { total: 0, free: 0, leased: 0, ...status?.devices, ...brokenOf(member) },
    capacity: capacityOf(member),
    versions: { kubernetes, kuberay, agent },
  };
}

const brokenOf = ({ status }: IOMember) => ({ broken: status?.devices?.broken ?? 0 });

function capacityOf({ spec, status }: IOMember): MemberView['capacity'] {
  return (status?.capacity ?? []).map(({ model, devices, verified, leased, free }) => {
    const offer = spec.offers.find((each) => each.model === model);
    return {
      model,
      devices,
      verified,
      leased,
      free,
      onDemandMicroUsdPerHour: offer?.onDemandMicroUsdPerHour,
      spotMicroUsdPerHour: offer?.spotMicroUsdPerHour,
    };
  });
}
