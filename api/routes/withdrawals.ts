import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { instant } from '../../operator/domain/instant.ts';
import { formatAmount, parseAmount } from '../../operator/domain/pricing/assets.ts';
import type { PayoutAnswer, PayoutState } from '../../operator/ports/payouts.ts';
import { accountOf, callerMay, maxAccountBodyBytes } from '../plugins/account-access.ts';
import type { AccountPorts } from '../ports.ts';
import { Problem } from '../problem.ts';
import { validated } from '../schemas/validate.ts';

const listed = 100;
const amountText = 'a decimal number as text, for example "12.50"';
const assetText = 'USDC or IO';
const causeText = 'Withdrawal of what can be spent, or Payout of what was earned';
const withdrawalSchema = z.strictObject(
  {
    asset: z.enum(['USDC', 'IO'], assetText),
    amount: z.string(amountText).regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, amountText),
    cause: z.enum(['Withdrawal', 'Payout'], causeText).default('Withdrawal'),
  },
  'a withdrawal',
);
const tags = ['accounts'];
const askSchema = { tags, summary: 'Sends money of an account to the wallet that it proved' };
const listSchema = { tags, summary: 'Withdrawals, the newest first' };
const keyPattern = /^[\x21-\x7e]{1,128}$/;

/**
 * `POST /v1/accounts/:namespace/:name/withdrawals` sends money of an account to the wallet that it
 * proved. The header Idempotency-Key names it: sent again, it is the same withdrawal. `GET` lists the
 * newest. The first needs somebody who may update the IOAccount, the second who may get it.
 */
export function addWithdrawalRoutes(server: FastifyInstance, ports: AccountPorts): void {
  const { payouts, clock } = ports;
  const config = { access: 'checked' } as const;
  const path = '/v1/accounts/:namespace/:name/withdrawals';

  server.post(
    path,
    { bodyLimit: maxAccountBodyBytes, config, schema: askSchema },
    async (request, reply) => {
      const account = accountOf(request);
      await callerMay(ports, request, 'update', account);
      const reference = idempotencyKey(request);
      const { asset, amount: text, cause } = validated(withdrawalSchema, request.body);
      const amount = parseAmount(text, asset);
      if (amount === undefined || amount === 0n) {
        throw new Problem(
          400,
          'ValidationFailed',
          `amount is ${text}, which is no amount of ${asset}`,
        );
      }
      const asked = { account, reference, cause, asset, amount };
      const answer = await payouts.request(asked, Math.floor(clock.now() / 1000));
      if (answer.outcome !== 'Accepted') throw refusal(answer, asset);
      return reply.code(202).send({
        id: answer.requestId,
        account,
        reference,
        asset,
        amount: formatAmount(amount, asset),
        available: formatAmount(answer.available, asset),
      });
    },
  );

  server.get(path, { config, schema: listSchema }, async (request) => {
    const account = accountOf(request);
    await callerMay(ports, request, 'get', account);
    const items = await payouts.list(account, listed);
    return { items: items.map(view) };
  });
}

function idempotencyKey({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && keyPattern.test(key)) return key;
  const text = 'send Idempotency-Key: 1 to 128 printable characters that name this withdrawal';
  throw new Problem(400, 'IdempotencyKeyMissing', text);
}

function refusal({ outcome, available }: PayoutAnswer, asset: 'USDC' | 'IO'): Problem {
  if (outcome === 'InsufficientFunds') {
    const text = `there are ${formatAmount(available, asset)} ${asset} to withdraw`;
    return new Problem(409, 'InsufficientFunds', text);
  }
  return outcome === 'WalletNotProved'
    ? new Problem(409, 'WalletNotProved', 'prove the wallet of the account first')
    : new Problem(409, 'KeyReused', 'this Idempotency-Key named another withdrawal before');
}

function view({ amount, asset, requestId, askedAtSeconds, ...state }: PayoutState) {
  return {
    id: requestId,
    reference: state.reference,
    cause: state.cause,
    asset,
    amount: formatAmount(amount, asset),
    wallet: state.wallet,
    askedAt: instant(askedAtSeconds),
    state: state.state,
    signature: state.signature ?? null,
    reason: state.reason,
  };
}
