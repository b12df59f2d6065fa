import { z } from 'zod';
import { ioMemberReasons } from './conditions.ts';
import { countryPattern } from './countries.ts';
import { ageColumn, conditionColumn, resourceOf, type CustomResource } from './custom-resource.ts';
import {
  deviceModel,
  dnsLabel,
  dnsName,
  int32,
  latitude,
  longitude,
  mapOf,
  microUsd,
  prose,
  setOf,
  term,
  text,
  timestamp,
} from './fields.ts';
import {
  conditions,
  customObject,
  observedGeneration,
  type CustomObject,
  type Wire,
} from './kube-object.ts';
import { offerRules } from './offer.ts';
import { ruled, type Rule } from './rule.ts';

const location = ruled(
  z.object({
    country: text({
      max: 2,
      min: 2,
      pattern: countryPattern,
      what: 'an ISO 3166 country code of two capital letters, for example NL (the United Kingdom is GB)',
    }).describe('Country as an ISO 3166 alpha-2 code, for example NL.'),
    region: term('a region such as eu-west')
      .optional()
      .describe('Region in the words of the member, for example eu-west.'),
    city: prose(128).optional().describe('City, for people.'),
    latitude: latitude()
      .optional()
      .describe('Latitude in decimal degrees as a string, for example "52.37". Needs longitude.'),
    longitude: longitude()
      .optional()
      .describe('Longitude in decimal degrees as a string, for example "4.9". Needs latitude.'),
  }),
  {
    cel: 'has(self.latitude) == has(self.longitude)',
    message: 'latitude and longitude belong together; set both or none',
    holds: (place) => (place.latitude === undefined) === (place.longitude === undefined),
  },
).describe('Where the data centre is.');

const offer = ruled(
  z.object({
    model: deviceModel().describe('GPU model that the prices are for, for example H100-80GB-HBM3.'),
    onDemandMicroUsdPerHour: microUsd().describe(
      'Price of one device for one hour in micro-USD; 2000000 is 2 USD.',
    ),
    spotMicroUsdPerHour: microUsd()
      .optional()
      .describe('Price of one device for one hour as Spot. Not offered as Spot when left out.'),
  }),
  ...offerRules,
).describe('Prices of one model.');

const countryRule: Rule<unknown> = {
  cel: '!oldSelf.accepted || self.location.country == oldSelf.location.country',
  message:
    'country cannot change while the member is accepted, since renters rely on it; set accepted: false first',
  fieldPath: '.location.country',
  reason: 'FieldValueForbidden',
};

const verdictRule: Rule<{ accepted: boolean; denied: boolean }> = {
  cel: '!(self.accepted && self.denied)',
  message: 'a member is accepted or denied, not both; set the other one to false',
  fieldPath: '.denied',
  holds: ({ accepted, denied }) => !(accepted && denied),
};

const enrolmentRule: Rule<unknown> = {
  cel: 'self.enrolment >= oldSelf.enrolment',
  message: 'enrolment only grows, since a key that was once put out must stay out',
  fieldPath: '.enrolment',
};

const drain = z
  .object({
    deadline: timestamp().describe(
      'Until then leases may end or move by themselves; what is left then is released.',
    ),
  })
  .describe('Takes everything off the member. Left out: nothing is taken off.');

const ioMemberSpecSchema = ruled(
  z.object({
    accepted: z
      .boolean()
      .default(false)
      .describe(
        'Set to true by an administrator of the hub to let the member in, and to false to put it out.',
      ),
    denied: z
      .boolean()
      .default(false)
      .describe('Set to true by an administrator of the hub who does not want the member.'),
    enrolment: int32(1, 1_000_000)
      .default(1)
      .describe(
        'Which enrolment of the agent is let in. An agent that joins with a new key is one enrolment more; raising this number puts the older key out at once.',
      ),
    displayName: prose(128).optional().describe('Name for people.'),
    accountRef: z
      .object({
        namespace: dnsLabel().describe('Namespace of the IOAccount.'),
        name: dnsName().describe('Name of the IOAccount.'),
      })
      .optional()
      .describe('The account that earns.'),
    location,
    certifications: setOf(
      term('a certification such as ISO27001').describe('A certification, for example ISO27001.'),
      32,
    )
      .default([])
      .describe('Certifications that the data centre holds, for example ISO27001.'),
    cordoned: z
      .boolean()
      .default(false)
      .describe('True: nothing new is placed here; what runs keeps running.'),
    drain: drain.optional(),
    offers: mapOf(offer, 'model', { max: 64 })
      .default([])
      .describe('Prices by model. A model without a price is not rented.'),
  }),
  countryRule,
  verdictRule,
  enrolmentRule,
).describe('What the data centre states and the administrator of the hub decides.');

const capacity = z
  .object({
    model: deviceModel().describe('GPU model by its canonical name.'),
    devices: int32(0, 1_000_000).describe('Devices of this model.'),
    verified: int32(0, 1_000_000).describe('Those of them that are verified.'),
    leased: int32(0, 1_000_000).describe('Those of them that a lease holds.'),
    free: int32(0, 1_000_000).describe('Those of them that can be rented now.'),
  })
  .describe('Devices of one model.');

const ioMemberStatusSchema = z
  .object({
    observedGeneration: observedGeneration(),
    namespace: dnsLabel()
      .optional()
      .describe('Namespace on the hub that holds what is the member’s.'),
    conditions: conditions(Object.keys(ioMemberReasons)),
    request: z
      .object({
        enrolment: int32(1, 1_000_000).describe('The enrolment that it is for.'),
        keySha256: prose(71).describe(
          'Digest of the key that the agent presents, as the agent logs it: sha256: and hexadecimal digits.',
        ),
        time: timestamp().describe('When it came in.'),
      })
      .optional()
      .describe('A request for a certificate that is not answered.'),
    credential: z
      .object({
        enrolment: int32(1, 1_000_000).describe('The enrolment that it was issued for.'),
        keySha256: prose(71).describe('Digest of the key that it is for.'),
        expirationTime: timestamp().describe('When it ends. The agent renews it before.'),
      })
      .optional()
      .describe('The certificate that the agent got last.'),
    clusterUid: prose(64)
      .optional()
      .describe('Uid of the namespace kube-system of the member’s cluster, as its agent says.'),
    clusterEnrolment: int32(1, 1_000_000)
      .optional()
      .describe('The enrolment that was first heard from that cluster, and belongs to it.'),
    capacity: mapOf(capacity, 'model', { max: 256 })
      .optional()
      .describe('Devices of the member by model.'),
    devices: z
      .object({
        total: int32(0, 1_000_000).describe('Devices of all models.'),
        free: int32(0, 1_000_000).describe('Those of them that can be rented now.'),
        leased: int32(0, 1_000_000).describe('Those of them that a lease holds.'),
        broken: int32(0, 1_000_000)
          .optional()
          .describe('Those of them that do no work; left out when there is none.'),
      })
      .optional()
      .describe('Devices of all models together.'),
    versions: z
      .object({
        kubernetes: prose(64).optional().describe('Version of Kubernetes, for example v1.37.2.'),
        kuberay: prose(64).optional().describe('Version of KubeRay, for example v1.6.0.'),
        agent: prose(64).optional().describe('Version of the agent.'),
      })
      .optional()
      .describe('What runs on the member.'),
  })
  .describe('What the hub knows of the member. Written by the hub only.');

export const ioMemberSchema = ruled(
  customObject('IOMember', ioMemberSpecSchema, ioMemberStatusSchema),
  {
    cel: "self.metadata.name.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message:
      'metadata.name must be a DNS label of at most 53 characters, since the namespace io-member-<name> is named after it',
    holds: ({ metadata: { name } }) =>
      name.length <= 53 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name),
  },
).describe('A data centre: a Kubernetes cluster whose GPUs are rented through this hub.');

export type IOMemberSpec = Wire<z.output<typeof ioMemberSpecSchema>>;
export type IOMemberStatus = Wire<z.output<typeof ioMemberStatusSchema>>;
export type IOMember = CustomObject<'IOMember', IOMemberSpec, IOMemberStatus>;
export type IOMemberOffer = IOMemberSpec['offers'][number];
export type IOMemberCapacity = NonNullable<IOMemberStatus['capacity']>[number];

export const ioMemberDefinition: CustomResource = {
  kind: 'IOMember',
  plural: 'iomembers',
  singular: 'iomember',
  shortNames: ['iom'],
  namespaced: false,
  maxNameLength: 53,
  schema: ioMemberSchema,
  printerColumns: [
    conditionColumn('Accepted', 'Whether an administrator let it in.'),
    conditionColumn('Connected', 'Whether its agent is heard.'),
    conditionColumn('Schedulable', 'Whether new clusters are placed there.'),
    {
      name: 'Country',
      type: 'string',
      jsonPath: '.spec.location.country',
      description: 'Where it is.',
    },
    {
      name: 'Devices',
      type: 'integer',
      jsonPath: '.status.devices.total',
      description: 'Devices of all models.',
    },
    {
      name: 'Free',
      type: 'integer',
      jsonPath: '.status.devices.free',
      description: 'Devices that can be rented now.',
    },
    {
      name: 'Broken',
      type: 'integer',
      jsonPath: '.status.devices.broken',
      description: 'Devices that do no work.',
      priority: 1,
    },
    {
      name: 'Since',
      type: 'date',
      jsonPath: '.status.conditions[?(@.type=="Connected")].lastTransitionTime',
      description: 'Time since it connected or was lost.',
    },
    ageColumn,
    {
      name: 'Requested key',
      type: 'string',
      jsonPath: '.status.request.keySha256',
      description: 'The key of an agent that asks to join.',
      priority: 1,
    },
    {
      name: 'Kubernetes',
      type: 'string',
      jsonPath: '.status.versions.kubernetes',
      description: 'Version of Kubernetes.',
      priority: 1,
    },
    {
      name: 'Models',
      type: 'string',
      jsonPath: '.status.capacity[*].model',
      description: 'GPU models.',
      priority: 1,
    },
  ],
};

export const ioMemberResource = resourceOf<IOMember>(ioMemberDefinition);
export const decodeIOMember = ioMemberResource.decode;
