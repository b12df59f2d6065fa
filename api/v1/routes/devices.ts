import { z } from 'zod';
import { instant as instantOf } from '../../../operator/domain/instant.ts';
import { formatAmount } from '../../../operator/domain/pricing/assets.ts';
import { flag } from '../../../operator/domain/rewards/eligibility.ts';
import type { DeviceView } from '../../../operator/domain/views/types.ts';
import type { DeviceReward } from '../../../operator/ports/device-history.ts';
import { accessOf, type RequestAccess } from '../auth/access.ts';
import { notFound, ofMember } from '../auth/authority.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import { listName, pageBody, pageRequest } from '../paging.ts';
import {
  accountKey,
  count,
  decimal,
  instant,
  itemsOf,
  namespaceName,
  objectName,
  pageOf,
  pageQuery,
  problems,
  wholeNumber,
} from '../schemas/common.ts';
import { deviceCounts, deviceView } from '../schemas/private.ts';
import { mayList, maySee } from '../supplier-access.ts';

const tags = ['Devices'];
const secondsPerHour = 3_600;
const devicePath = z.strictObject({ member: namespaceName, name: objectName });

const filters = {
  account: accountKey.optional(),
  member: namespaceName.optional(),
  model: z.string().min(1).max(128).optional(),
  state: z.enum(['Free', 'Leased', 'Blocked', 'Broken']).optional(),
};

const metric = z
  .object({
    time: instant,
    utilisationPercent: z.number().optional(),
    temperatureCelsius: z.number().optional(),
    powerWatts: z.number().optional(),
  })
  .meta({ id: 'DeviceMetric', description: 'An hour in a lease; what is not known is left out.' });

const flagNames = [
  'Verified',
  'Staked',
  'Offered',
  'Leased',
  'Slashed',
  'Up',
  'AccountKnown',
  'CoolingDown',
] as const;

const reward = z
  .object({
    epoch: count,
    amount: decimal,
    score: decimal,
    flags: z.array(z.enum(flagNames)).meta({ description: 'What was known of it then.' }),
  })
  .meta({ id: 'DeviceReward' });

/** Devices, for those who earn by them. */
export const addDeviceRoutes: AddRoutes = (server, context) => {
  const { views } = context.ports;

  server.get(
    '/devices',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'Devices of an account, of a member, or all',
        querystring: pageQuery.extend(filters),
        response: { 200: pageOf(deviceView), ...problems(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      await mayList(accessOf(request), 'iodevices', filter);
      const list = listName('devices', filter);
      return pageBody(list, await views.devices(filter, pageRequest(list, { limit, cursor })));
    },
  );

  server.get(
    '/devices/counts',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'How many devices there are of each state',
        querystring: z.strictObject(filters),
        response: { 200: deviceCounts, ...problems(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      await mayList(accessOf(request), 'iodevices', request.query);
      return views.deviceCounts(request.query);
    },
  );

  addOneDevice(server, context);
};

const addOneDevice: AddRoutes = (server, context) => {
  const { deviceHistory, clock } = context.ports;

  server.get(
    '/devices/:member/:name',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'A device',
        params: devicePath,
        response: { 200: deviceView, ...problems(401, 404, 503) },
      },
    },
    async (request) => visibleDevice(context, accessOf(request), request.params),
  );

  server.get(
    '/devices/:member/:name/metrics',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'What a device did while it was leased, by the hour',
        params: devicePath,
        querystring: z.strictObject({ hours: wholeNumber(840, 24) }),
        response: { 200: itemsOf(metric), ...problems(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { member, name } = await visibleDevice(context, accessOf(request), request.params);
      const from = Math.floor(clock.now() / 1000) - request.query.hours * secondsPerHour;
      const points = await deviceHistory.metrics(member, name, from);
      return {
        items: points.map(({ startSeconds, utilisationPercent, powerWatts }) => ({
          time: instantOf(startSeconds),
          utilisationPercent,
          powerWatts,
        })),
      };
    },
  );

  server.get(
    '/devices/:member/:name/rewards',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'What a device earned in the last epochs, and why',
        params: devicePath,
        querystring: z.strictObject({ epochs: wholeNumber(720, 48) }),
        response: { 200: itemsOf(reward), ...problems(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { member, name } = await visibleDevice(context, accessOf(request), request.params);
      const rewards = await deviceHistory.rewards(member, name, request.query.epochs);
      return { items: rewards.map(rewardBody) };
    },
  );
};

/** The device of a path; throws a problem when there is none, or none that they may see. */
async function visibleDevice(
  { ports }: Pick<RouteContext, 'ports'>,
  access: RequestAccess,
  { member, name }: z.output<typeof devicePath>,
): Promise<DeviceView> {
  const right = ofMember('get', 'iodevices', member, name);
  const found = await ports.views.device(member, name);
  if (await maySee(access, right, found?.account)) {
    if (found !== undefined) return found;
  }
  throw notFound(right);
}

const rewardBody = ({ epoch, amount, score, flags }: DeviceReward) => ({
  epoch,
  amount: formatAmount(amount, 'IO'),
  score: String(score),
  flags: flagNames.filter((_, at) => (flags & flagBits[at]!) !== 0),
});

const flagBits = [
  flag.verified,
  flag.staked,
  flag.offered,
  flag.leased,
  flag.slashed,
  flag.up,
  flag.supplierKnown,
  flag.coolingDown,
] as const;
