import { z } from 'zod';
import { instant as instantOf } from '../../../operator/domain/instant.ts';
import { formatAmount } from '../../../operator/domain/pricing/assets.ts';
import { monthsOf } from '../../../operator/domain/statements/series.ts';
import { type LedgerLine, PageKeyError } from '../../../operator/ports/account-ledger.ts';
import { Problem } from '../../problem.ts';
import type { AccountView, Page, PageRequest } from '../../../operator/domain/views/types.ts';
import { compareText } from '../../../operator/domain/order.ts';
import { accessOf, hub } from '../auth/access.ts';
import { notFound } from '../auth/authority.ts';
import type { Principal } from '../auth/principal.ts';
import { scopeOf } from '../auth/scope.ts';
import type { AddRoutes, RouteContext } from '../context.ts';
import { pageBody, pageRequest } from '../paging.ts';
import {
  asset,
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
import { accountView } from '../schemas/private.ts';

const tags = ['Accounts'];
const maxMonths = 36;

export const accountPath = z.strictObject({ ns: namespaceName, name: objectName });

const ledgerLine = z
  .object({
    time: instant,
    epoch: count,
    cause: z.string(),
    account: z.string().meta({ description: 'Such as renter:available or supplier:earned.' }),
    asset,
    amount: decimal.meta({ description: 'Below zero: it went out.' }),
    subject: z.string(),
    transferId: z.string(),
  })
  .meta({ id: 'LedgerLine' });

const month = z
  .object({
    month: z.string(),
    asset,
    earned: decimal,
    spent: decimal,
    fees: decimal,
    rewards: decimal,
  })
  .meta({ id: 'AccountMonth' });

const monthsQuery = z.strictObject({ months: wholeNumber(maxMonths, 12) });

/** Accounts, each of them, and what its ledger says. */
export const addAccountRoutes: AddRoutes = (server, context) => {
  addAccountList(server, context);
  addAccount(server, context);
  addLedger(server, context);
};

const addAccountList: AddRoutes = (server, context) => {
  server.get(
    '/accounts',
    {
      config: { access: 'checked' },
      schema: {
        tags,
        summary: 'IOAccounts that the caller may get',
        querystring: pageQuery.extend({ namespace: namespaceName.optional() }),
        response: { 200: pageOf(accountView), ...problems(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { namespace, limit, cursor } = request.query;
      const access = accessOf(request);
      const list = `accounts ${namespace ?? ''}`;
      const page = pageRequest(list, { limit, cursor });
      if (namespace === undefined) {
        await access.ownAccount();
        return pageBody(list, await ownAccounts(context, access.principal, page));
      }
      await access.authorize({ verb: 'list', resource: 'ioaccounts', namespace });
      return pageBody(list, await context.ports.views.accounts(namespace, page));
    },
  );
};

/** Those where people begin to look; their keys are namespace/name. */
async function ownAccounts(
  { ports, authority }: RouteContext,
  principal: Principal,
  { limit, after = '' }: PageRequest,
): Promise<Page<AccountView>> {
  const { views, tenants } = ports;
  const { accounts } = await scopeOf(principal, { authority, views, tenants });
  const left = accounts
    .map(({ namespace, name }) => `${namespace}/${name}`)
    .filter((key) => key > after)
    .toSorted(compareText);
  const keys = left.slice(0, limit);
  const found = await Promise.all(
    keys.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return views.account(namespace, name);
    }),
  );
  const items = found.filter((account) => account !== undefined);
  return { items, next: left.length > limit ? keys.at(-1) : undefined };
}

const addAccount: AddRoutes = (server, { ports }) => {
  server.get(
    '/accounts/:ns/:name',
    {
      config: { access: hub('get', 'ioaccounts') },
      schema: {
        tags,
        summary: 'An IOAccount',
        params: accountPath,
        response: { 200: accountView, ...problems(401, 404, 503) },
      },
    },
    async ({ params: { ns: namespace, name } }) => {
      const found = await ports.views.account(namespace, name);
      if (found === undefined) throw notFound({ resource: 'ioaccounts', namespace, name });
      return found;
    },
  );
};

const addLedger: AddRoutes = (server, { ports }) => {
  const { accountLedger, clock } = ports;

  server.get(
    '/accounts/:ns/:name/ledger',
    {
      config: { access: hub('get', 'ioaccounts') },
      schema: {
        tags,
        summary: 'All that moved on an account, newest first',
        params: accountPath,
        querystring: pageQuery,
        response: { 200: pageOf(ledgerLine), ...problems(400, 401, 404, 503) },
      },
    },
    async ({ params: { ns, name }, query }) => {
      const list = `ledger ${ns}/${name}`;
      const page = await accountLedger
        .lines(`${ns}/${name}`, pageRequest(list, query))
        .catch(unknownKey);
      return pageBody(list, { ...page, items: page.items.map(lineBody) });
    },
  );

  server.get(
    '/accounts/:ns/:name/series',
    {
      config: { access: hub('get', 'ioaccounts') },
      schema: {
        tags,
        summary: 'What an account earned and spent, by month and asset',
        params: accountPath,
        querystring: monthsQuery,
        response: { 200: itemsOf(month), ...problems(400, 401, 404, 503) },
      },
    },
    async ({ params: { ns, name }, query: { months } }) => {
      const from = monthBefore(clock.now(), months - 1);
      const flows = await accountLedger.flows(`${ns}/${name}`, from);
      return {
        items: monthsOf(flows).map(({ month: of, asset: in_, ...sums }) => ({
          month: of,
          asset: in_,
          earned: formatAmount(sums.earned, in_),
          spent: formatAmount(sums.spent, in_),
          fees: formatAmount(sums.fees, in_),
          rewards: formatAmount(sums.rewards, in_),
        })),
      };
    },
  );
};

const lineBody = ({ atSeconds, amount, ...line }: LedgerLine) => ({
  ...line,
  time: instantOf(atSeconds),
  amount: formatAmount(amount, line.asset),
});

function unknownKey(error: unknown): never {
  if (!(error instanceof PageKeyError)) throw error;
  const text = 'cursor is not the `next` of a page of this list; begin without it';
  throw new Problem(400, 'UnknownCursor', text);
}

/** `YYYY-MM` in UTC, so many months before an instant. */
export function monthBefore(nowMs: number, months: number): string {
  const now = new Date(nowMs);
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months));
  return first.toISOString().slice(0, 7);
}
