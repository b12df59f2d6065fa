import { createPayouts } from '../adapters/postgres/payouts.ts';
import { ConfigError, type WithdrawConfig } from '../config.ts';
import { formatAmount, parseAmount } from '../domain/pricing/assets.ts';
import type { PayoutAnswer, PayoutRequest } from '../ports/payouts.ts';
import { columns } from './columns.ts';
import { withDatabase } from './database.ts';

const listed = 100;

/**
 * `io-operator withdraw`: asks for money of an account to be sent to the wallet that it proved; `list`
 * prints what was asked for and how it stands.
 */
export async function runWithdraw(config: WithdrawConfig): Promise<void> {
  const { account } = config;
  const request = config.action === 'ask' ? requestOf(config) : undefined;
  await withDatabase(config, async (database) => {
    const payouts = createPayouts(database);
    if (request !== undefined) {
      const answer = await payouts.request(request, Math.floor(Date.now() / 1000));
      if (answer.outcome !== 'Accepted') throw new Error(refusal(request, answer));
      const amount = `${formatAmount(request.amount, request.asset)} ${request.asset}`;
      print(`${amount} are on their way to the wallet of ${account}, as ${request.reference}`);
      return;
    }
    print(row(['REFERENCE', 'STATE', 'AMOUNT', 'WALLET', 'WHY']));
    for (const { reference, state, amount, asset, wallet, reason } of await payouts.list(
      account,
      listed,
    )) {
      print(row([reference, state, `${formatAmount(amount, asset)} ${asset}`, wallet, reason]));
    }
  });
}

function requestOf({ account, cause, asset, ...config }: WithdrawConfig): PayoutRequest {
  const { amount: text, reference } = config;
  const wrong = (message: string) => new ConfigError(`io-operator withdraw: ${message}`);
  if (text === undefined || reference === undefined) {
    throw wrong('--amount and --reference are needed; the same reference again changes nothing');
  }
  const amount = parseAmount(text, asset);
  if (amount === undefined || amount === 0n) {
    throw wrong(`--amount: ${text} is no amount of ${asset}`);
  }
  return { account, cause, asset, amount, reference };
}

function refusal(
  { account, asset, reference }: PayoutRequest,
  { outcome, available }: PayoutAnswer,
): string {
  if (outcome === 'InsufficientFunds') {
    return `${account} has ${formatAmount(available, asset)} ${asset} to withdraw`;
  }
  return outcome === 'WalletNotProved'
    ? `${account} has proved no wallet: see io-operator wallet`
    : `${reference} was asked for before, as something else`;
}

const row = columns([24, 8, 20, 44]);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
