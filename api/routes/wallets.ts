import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  accountResource,
  judgeSignIn,
  readSignIn,
  type SignIn,
  type SignInFault,
  signInSeconds,
  signInText,
} from '../../operator/domain/settlement/sign-in.ts';
import { base58Decode } from '../../operator/settlement/base58.ts';
import { isSignedBy } from '../../operator/settlement/wallet-signature.ts';
import { WalletTakenError } from '../../operator/ports/wallets.ts';
import type { AccountPorts } from '../ports.ts';
import { accountOf, callerMay, maxAccountBodyBytes } from '../plugins/account-access.ts';
import { Problem } from '../problem.ts';
import { validated } from '../schemas/validate.ts';

const tags = ['accounts'];
const challengeSchema = { tags, summary: 'A text for the wallet of an account to sign' };
const provingSchema = { tags, summary: 'Binds the wallet that signed the text to the account' };
const base64Signature = /^[A-Za-z0-9+/]{86}==$/;
const proofSchema = z.strictObject(
  {
    message: z.string('the text of the challenge').max(4_096, 'the text of the challenge'),
    signature: z
      .string('base64 of the 64 bytes that the wallet signed with')
      .regex(base64Signature, 'base64 of the 64 bytes that the wallet signed with'),
  },
  'a proof',
);

/**
 * `POST /v1/accounts/:namespace/:name/wallet/challenge` answers with a text for the wallet to sign, and
 * `POST …/wallet/proof` takes the signature: Sign In With Solana. Both need somebody who may update the
 * IOAccount, so a wallet is bound by two consents.
 */
export function addWalletRoutes(server: FastifyInstance, ports: AccountPorts): void {
  const { desk, wallets, clock, signIn } = ports;
  const options = { bodyLimit: maxAccountBodyBytes, config: { access: 'checked' } } as const;
  const path = '/v1/accounts/:namespace/:name/wallet';

  server.post(`${path}/challenge`, { ...options, schema: challengeSchema }, async (request) => {
    const account = accountOf(request);
    const wallet = await walletOf(request, account);
    const nowSeconds = Math.floor(clock.now() / 1000);
    const issued = { account, wallet, issuedAtSeconds: nowSeconds };
    const message: SignIn = {
      domain: signIn.domain,
      address: wallet,
      statement: `Use this wallet for the IOAccount ${account}. This costs nothing.`,
      uri: `https://${signIn.domain}/v1/accounts/${account}/wallet`,
      chainId: signIn.chainId,
      nonce: nonceOf(signIn.nonceKey, issued),
      issuedAtSeconds: nowSeconds,
      expiresAtSeconds: nowSeconds + signInSeconds,
      resources: [accountResource(account)],
    };
    return { message: signInText(message), expiresAtSeconds: message.expiresAtSeconds };
  });

  server.post(`${path}/proof`, { ...options, schema: provingSchema }, async (request) => {
    const account = accountOf(request);
    const wallet = await walletOf(request, account);
    const { message, signature } = validated(proofSchema, request.body);
    const read = readSignIn(message);
    if (read === undefined) throw refused('NotASignIn', 'message is not the text of a challenge');
    const nowSeconds = Math.floor(clock.now() / 1000);
    const fault = judgeSignIn(read, { domain: signIn.domain, account, wallet, nowSeconds });
    if (fault !== undefined) throw refused(fault, why[fault]);
    const { issuedAtSeconds } = read;
    if (!same(read.nonce, nonceOf(signIn.nonceKey, { account, wallet, issuedAtSeconds }))) {
      throw refused(
        'UnknownChallenge',
        'this server did not make the challenge; ask for a new one',
      );
    }
    if (!isSignedBy(base58Decode(wallet), message, Buffer.from(signature, 'base64'))) {
      throw refused('WrongSignature', `the signature is not one of ${wallet} for this text`);
    }
    await wallets.record({ account, wallet, message, signature }, nowSeconds).catch(taken);
    return { account, wallet };
  });

  async function walletOf(request: FastifyRequest, account: string): Promise<string> {
    await callerMay(ports, request, 'update', account);
    const wallet = await desk.wallet(account);
    if (wallet === undefined) {
      throw new Problem(404, 'AccountNotFound', `there is no IOAccount ${account}`);
    }
    if (wallet === '') {
      throw new Problem(409, 'WalletMissing', `set spec.wallet of the IOAccount ${account} first`);
    }
    return wallet;
  }
}

const why: Readonly<Record<SignInFault, string>> = {
  WrongDomain: 'the text was made for another site',
  WrongAccount: 'the text is for another account',
  WrongWallet: 'the text is for another wallet than spec.wallet of the account',
  NotYetValid: 'the text comes from the future; look at your clock',
  Expired: 'the text has expired; ask for a new challenge and sign it within five minutes',
};

function taken(error: unknown): never {
  if (!(error instanceof WalletTakenError)) throw error;
  throw new Problem(409, 'WalletTaken', 'another account proved this wallet; use another one');
}

const refused = (reason: string, text: string): Problem => new Problem(422, reason, text);

type Issued = Readonly<{ account: string; wallet: string; issuedAtSeconds: number }>;

/** Derived, so that nothing has to be kept of a challenge until it comes back. */
function nonceOf(key: Uint8Array, { account, wallet, issuedAtSeconds }: Issued): string {
  const text = JSON.stringify([account, wallet, issuedAtSeconds]);
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
