import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { fileSigner } from '../adapters/solana/key-signer.ts';
import type { WalletConfig } from '../config.ts';

const timeoutMs = 30_000;

type Answer = Readonly<{ status: number; body: Readonly<Record<string, unknown>> }>;

/**
 * `io-operator wallet`: proves that the wallet of a key file is `spec.wallet` of an IOAccount, by
 * signing what `io-operator api` asks to be signed. Nothing is sent to the chain.
 */
export async function runWallet(config: WalletConfig): Promise<void> {
  const wallet = fileSigner(config['wallet-key-file']);
  const path = `/v1/accounts/${config.account}/wallet`;
  const { message } = await post(config, `${path}/challenge`, {});
  if (typeof message !== 'string') throw new Error('the api answered without a message');
  const signature = Buffer.from(await wallet.sign(Buffer.from(message))).toString('base64');
  const proved = await post(config, `${path}/proof`, { message, signature });
  process.stdout.write(`${config.account} has proved the wallet ${String(proved['wallet'])}\n`);
}

/** Throws what the api says is wrong. */
async function post(config: WalletConfig, path: string, body: object): Promise<Answer['body']> {
  const answer = await send(config, path, JSON.stringify(body));
  if (answer.status === 200) return answer.body;
  const { detail = 'it did not say why' } = answer.body;
  throw new Error(`the api answered ${answer.status}: ${String(detail)}`);
}

async function send(config: WalletConfig, path: string, body: string): Promise<Answer> {
  const ca = config['api-ca'];
  const token = readFileSync(config['token-file'], 'utf8').trim();
  const sent = request(new URL(path, config['api-url']), {
    method: 'POST',
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  sent.on('error', reject);
  sent.on('response', (response) => {
    const { statusCode: status = 0 } = response;
    text(response).then((content) => resolve({ status, body: parsed(content) }), reject);
  });
  sent.end(body);
  return promise;
}

function parsed(content: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
