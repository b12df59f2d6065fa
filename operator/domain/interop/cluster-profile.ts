import type { IOMember } from '../../../crds/schema/index.ts';
import type { ConditionIntent } from '../condition-intent.ts';
import { compareText } from '../order.ts';

/** As which cluster manager this hub makes profiles; Kubernetes lets nobody change it afterwards. */
export const clusterManager = 'io-operator';

/** Properties of a ClusterProfile that are this hub's begin so. */
export const propertyPrefix = 'compute.io.net/';

/** What the API takes, in characters. */
const maximumNameLength = 253;
const maximumValueLength = 1024;
/** More models than this in one profile are only counted. */
const maximumModels = 64;

export type ProfileProperty = Readonly<{ name: string; value: string }>;

/** What a ClusterProfile says of one member: nothing that changes with each lease. */
export type ProfileFacts = Readonly<{
  displayName: string;
  healthy: ConditionIntent<'ControlPlaneHealthy'>;
  kubernetes: string | undefined;
  properties: readonly ProfileProperty[];
}>;

/** The profile of a member; undefined: it is not, or no longer, one to send anything to. */
export function clusterProfile({ metadata, spec, status }: IOMember): ProfileFacts | undefined {
  if (!spec.accepted || spec.denied || metadata.deletionTimestamp !== undefined) return undefined;
  const { displayName = '' } = spec;
  return {
    displayName: displayName === '' ? metadata.name : displayName,
    healthy: healthOf(status),
    kubernetes: status?.versions?.kubernetes,
    properties: [
      ...propertyOf('country', spec.location.country),
      ...propertyOf('region', spec.location.region ?? ''),
      ...propertyOf('certifications', joined(spec.certifications)),
      ...modelProperties(status?.capacity ?? []),
    ],
  };
}

/** The hub does not ask a member's API server: it hears an agent that works with it, or does not. */
function healthOf(status: IOMember['status']): ProfileFacts['healthy'] {
  const type = 'ControlPlaneHealthy';
  const connected = status?.conditions?.find((condition) => condition.type === 'Connected');
  if (connected === undefined) {
    const message = 'Nothing is known of the agent of the member yet.';
    return { type, status: 'Unknown', reason: 'NeverConnected', message };
  }
  const { status: state, reason } = connected;
  const isUnknown = state === 'Unknown' || reason === 'NeverConnected';
  const message =
    state === 'True'
      ? 'The agent of the member is heard.'
      : `The agent of the member does not count as connected (${reason}).`;
  return { type, status: isUnknown ? 'Unknown' : state, reason, message };
}

type Capacity = NonNullable<NonNullable<IOMember['status']>['capacity']>;

/** Verified devices by model; who holds them is nobody's business here, and changes all the time. */
function modelProperties(capacity: Capacity): readonly ProfileProperty[] {
  const models = capacity
    .filter(({ verified }) => verified > 0)
    .toSorted((left, right) => compareText(left.model, right.model));
  const omitted = models.length - maximumModels;
  return [
    ...models
      .slice(0, maximumModels)
      .flatMap(({ model, verified }) => propertyOf(`devices.${model}`, String(verified))),
    ...(omitted > 0 ? propertyOf('models-omitted', String(omitted)) : []),
  ];
}

/** None where the value is empty, which the API refuses. */
function propertyOf(suffix: string, value: string): readonly ProfileProperty[] {
  const name = `${propertyPrefix}${suffix}`.slice(0, maximumNameLength);
  return value === '' ? [] : [{ name, value: value.slice(0, maximumValueLength) }];
}

/** As many whole words as fit. */
function joined(words: readonly string[]): string {
  let text = '';
  for (const word of words.toSorted(compareText)) {
    const longer = text === '' ? word : `${text},${word}`;
    if (longer.length > maximumValueLength) break;
    text = longer;
  }
  return text;
}
