import { Readable } from 'node:stream';
import { z } from 'zod';
import { instant } from '../../../operator/domain/instant.ts';
import { formatAmount } from '../../../operator/domain/pricing/assets.ts';
import { statementCsv } from '../../../operator/domain/statements/csv.ts';
import { focusCsv } from '../../../operator/domain/statements/focus.ts';
import { invoiceHtml, invoiceNumber } from '../../../operator/domain/statements/html.ts';
import {
  rewardTotals,
  type UsageTotal,
  usageTotals,
} from '../../../operator/domain/statements/totals.ts';
import type { Statement } from '../../../operator/domain/statements/types.ts';
import type { AccountLedger } from '../../../operator/ports/account-ledger.ts';
import { sha256 } from '../../../operator/runtime/sha256.ts';
import { Problem } from '../../problem.ts';
import { hub } from '../auth/access.ts';
import type { AddRoutes } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { statementBody } from '../schemas/statement.ts';
import { accountPath } from './accounts.ts';

const tags = ['Accounts'];
/** Each may read half a million charges. */
const maxInFlight = 4;
const monthText = 'a month as YYYY-MM, in UTC';
const month = z.string(monthText).regex(/^20\d\d-(0[1-9]|1[0-2])$/, monthText);
const yearText = 'a year as YYYY';
const year = z.string(yearText).regex(/^20\d\d$/, yearText);
const months = Array.from({ length: 12 }, (_, at) => String(at + 1).padStart(2, '0'));

/** An invoice has its style in itself, and nothing else works in it. */
const pageOnly = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** What is read of accounts at once. */
class Places {
  #taken = 0;

  /** Throws a problem when all are taken. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= maxInFlight) {
      const text = 'several statements are being made; send it again';
      throw new Problem(503, 'Overloaded', text, { retryAfterSeconds: 2 });
    }
    this.#taken += 1;
    try {
      return await work();
    } finally {
      this.#taken -= 1;
    }
  }
}

/** Statements of months, and all of a year for taxes. */
export const addStatementRoutes: AddRoutes = (server, { ports }) => {
  const { accountLedger } = ports;
  const places = new Places();

  server.get(
    '/accounts/:ns/:name/statements/:month',
    {
      config: { access: hub('get', 'ioaccounts') },
      schema: {
        tags,
        summary: 'What an account earned and spent in a month',
        description: 'As JSON, or as csv, as FOCUS 1.2, or as an invoice in HTML.',
        params: accountPath.extend({ month }),
        querystring: z.strictObject({
          format: z.enum(['json', 'csv', 'focus', 'html']).default('json'),
        }),
        response: { 200: statementBody.or(z.string()), ...problems(400, 401, 404, 422, 503) },
      },
    },
    async ({ params: { ns, name, month: of }, query: { format } }, reply) => {
      const account = `${ns}/${name}`;
      const statement = await places.within(() => readMonth(accountLedger, account, of));
      reply.header('x-content-type-options', 'nosniff');
      if (format === 'json') return bodyOf(statement);
      const file = `${ns}-${name}-${of}`;
      if (format === 'html') {
        reply.type('text/html; charset=utf-8').header('content-security-policy', pageOnly);
        return asText(reply, invoiceHtml(statement, sha256));
      }
      const suffix = format === 'focus' ? '-focus' : '';
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', saved(`${file}${suffix}`));
      return asText(reply, format === 'focus' ? focusCsv(statement) : statementCsv(statement));
    },
  );

  server.get(
    '/accounts/:ns/:name/taxes/:year',
    {
      config: { access: hub('get', 'ioaccounts') },
      schema: {
        tags,
        summary: 'All that an account earned and spent in a year, with fair values, as csv',
        params: accountPath.extend({ year }),
      },
    },
    async ({ params: { ns, name, year: of } }, reply) => {
      const account = `${ns}/${name}`;
      const parts = yearParts(accountLedger, account, of, places);
      // What fails does so before anything is sent, as a rule.
      const first = await parts.next();
      reply
        .type('text/csv; charset=utf-8')
        .headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache' })
        .header('content-disposition', saved(`${ns}-${name}-${of}-taxes`));
      return reply.send(Readable.from(following(first.value ?? '', parts)));
    },
  );
};

/** Names of objects have nothing that would have to be quoted. */
const saved = (name: string): string => `attachment; filename="${name}.csv"`;

/** Texts go out as they are. */
const asText = (
  reply: Readonly<{ serializer: (write: (payload: string) => string) => unknown }>,
  text: string,
): string => {
  reply.serializer((payload) => payload);
  return text;
};

async function readMonth(ledger: AccountLedger, account: string, of: string): Promise<Statement> {
  try {
    return await ledger.statement(account, of);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const text = 'the month has too many charges for one answer; ask the network for its export';
    throw new Problem(422, 'StatementTooLong', text);
  }
}

/** The lines of a year, month by month; the head of the table once. */
async function* yearParts(
  ledger: AccountLedger,
  account: string,
  of: string,
  places: Places,
): AsyncGenerator<string, undefined, undefined> {
  let isFirst = true;
  for (const number of months) {
    const statement = await places.within(() => readMonth(ledger, account, `${of}-${number}`));
    const text = statementCsv(statement);
    yield isFirst ? text : text.slice(text.indexOf('\r\n') + 2);
    isFirst = false;
  }
}

async function* following(
  first: string,
  rest: AsyncGenerator<string, undefined, undefined>,
): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

function bodyOf(statement: Statement): z.input<typeof statementBody> {
  const { account, month: of, periodStartSeconds, periodEndSeconds, epochs } = statement;
  const { amount, microUsd, unpriced } = rewardTotals(statement);
  return {
    ...{ account, month: of },
    invoiceNumber: invoiceNumber(account, of, sha256),
    periodStart: instant(periodStartSeconds),
    periodEnd: instant(periodEndSeconds),
    ...(epochs === undefined ? {} : { epochs }),
    rented: usageTotals(statement.rented).map(totalBody),
    supplied: usageTotals(statement.supplied).map(totalBody),
    rewards: {
      amount: formatAmount(amount, 'IO'),
      fairValueUsd: formatAmount(microUsd, 'USDC'),
      unpriced: formatAmount(unpriced, 'IO'),
      epochs: statement.rewards.length,
    },
    unrewarded: statement.unrewarded.map(({ reasons, ...rest }) => ({
      ...rest,
      reasons: [...reasons],
    })),
    movements: statement.movements.map((each) => ({
      ...each,
      amount: formatAmount(each.amount, each.asset),
    })),
    balances: statement.balances.map((each) => ({
      ...each,
      opening: formatAmount(each.opening, each.asset),
      closing: formatAmount(each.closing, each.asset),
    })),
  };
}

function totalBody({ ratePerHour, seconds, ...line }: UsageTotal) {
  const amount = (value: bigint): string => formatAmount(value, line.asset);
  return {
    ...{ cluster: line.cluster, member: line.member, model: line.model, asset: line.asset },
    ...(ratePerHour === undefined ? {} : { pricePerHour: amount(ratePerHour) }),
    deviceSeconds: String(seconds),
    usage: amount(line.usage),
    renterFee: amount(line.renterFee),
    supplierFee: amount(line.supplierFee),
    rounding: amount(line.rounding),
    total: amount(line.total),
  };
}
