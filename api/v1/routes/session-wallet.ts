import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { instant as instantOf } from '../../../operator/domain/instant.ts';
import {
  judgeSession,
  readSignIn,
  sessionResource,
  type SignIn,
  type SignInFault,
  signInSeconds,
  signInText,
} from '../../../operator/domain/settlement/sign-in.ts';
import type { IdempotencyKeys } from '../../../operator/ports/idempotency-keys.ts';
import { sha256Bytes } from '../../../operator/runtime/sha256.ts';
import { base58Decode } from '../../../operator/settlement/base58.ts';
import { isSignedBy } from '../../../operator/settlement/wallet-signature.ts';
import { Problem } from '../../problem.ts';
import { walletPrincipal } from '../auth/principal.ts';
import type { Sealer } from '../auth/sealer.ts';
import { sealSession, sessionSeconds } from '../auth/session.ts';
import type { AddRoutes } from '../context.ts';
import type { Site } from '../ports.ts';
import { instant, empty, problems, walletAddress } from '../schemas/common.ts';

const tags = ['session'];
const config = { access: 'public' } as const;
const saltBytes = 8;
const markDigits = 32;
const usedBy = sha256Bytes('wallet sign-in');

const signatureText = 'base64 of the 64 bytes that the wallet signed with';
const proof = z.strictObject({
  message: z.string('the text of the challenge').min(1).max(4_096, 'the text of the challenge'),
  signature: z.string(signatureText).regex(/^[A-Za-z0-9+/]{86}==$/, signatureText),
});

/**
 * `POST /v1/session/wallet/challenge` and `POST /v1/session/wallet`: Sign In With Solana. A challenge is
 * derived, so nothing is kept of it until it comes back; then its nonce is, so that it counts once.
 */
export const addSessionWalletRoutes: AddRoutes = (server, context) => {
  const { ports, authenticator, cookies, sealer } = context;
  const { site, clock, keys } = ports;
  if (!site.walletSignIn) return;
  const now = (): number => Math.floor(clock.now() / 1000);

  server.post(
    '/session/wallet/challenge',
    {
      config,
      schema: {
        ...{ tags, summary: 'A text for a wallet to sign' },
        body: z.strictObject({ wallet: walletAddress }),
        response: { 200: z.object({ message: z.string(), expiresAt: instant }), ...problems(400) },
      },
    },
    async ({ body: { wallet } }) => {
      const issuedAtSeconds = now();
      const salt = randomBytes(saltBytes).toString('hex');
      const message: SignIn = {
        domain: site.domain,
        address: wallet,
        statement: `Sign in to ${site.name}. This costs nothing and moves nothing.`,
        uri: `https://${site.domain}${site.prefix}/console/`,
        chainId: site.chainId,
        nonce: `${salt}${markOf(sealer, { wallet, salt, issuedAtSeconds })}`,
        issuedAtSeconds,
        expiresAtSeconds: issuedAtSeconds + signInSeconds,
        resources: [sessionResource],
      };
      return { message: signInText(message), expiresAt: instantOf(message.expiresAtSeconds) };
    },
  );

  server.post(
    '/session/wallet',
    {
      config,
      schema: {
        ...{ tags, summary: 'Signs in with a wallet; the answer has the cookie', body: proof },
        response: { 204: empty, ...problems(400, 403, 409, 422) },
      },
    },
    async (request, reply) => {
      // Otherwise another site could sign somebody in as somebody else.
      if (request.headers.origin !== undefined) authenticator.refuseCrossSite(request);
      const nowSeconds = now();
      const { wallet, nonce } = judged(request.body, { site, sealer, nowSeconds });
      await useOnce(keys, nonce, nowSeconds);
      const text = sealSession(sealer, walletPrincipal(wallet), nowSeconds);
      return reply
        .code(204)
        .header('set-cookie', cookies.set('session', text, sessionSeconds))
        .send(undefined);
    },
  );
};

/** Who got hold of a signed text later can do nothing with it. */
async function useOnce(keys: IdempotencyKeys, nonce: string, nowSeconds: number): Promise<void> {
  const of = { caller: usedBy, key: nonce };
  const { outcome } = await keys.claim(of, sha256Bytes(nonce), nowSeconds);
  if (outcome !== 'Claimed') {
    throw new Problem(409, 'ChallengeUsed', 'the challenge was used before; ask for a new one');
  }
  await keys.keep(of, 204, new Uint8Array());
}

type Judging = Readonly<{
  site: Pick<Site, 'domain' | 'chainId'>;
  sealer: Sealer;
  nowSeconds: number;
}>;

/** Whose wallet signed a challenge of ours. Throws a problem that says why it is none. */
function judged(
  { message, signature }: z.output<typeof proof>,
  { site, sealer, nowSeconds }: Judging,
): Readonly<{ wallet: string; nonce: string }> {
  const signIn = readSignIn(message);
  if (signIn === undefined) throw refused('NotASignIn', 'message is not the text of a challenge');
  const { address: wallet, nonce, issuedAtSeconds } = signIn;
  const fault = judgeSession(signIn, { domain: site.domain, nowSeconds });
  if (fault !== undefined) throw refused(fault, why[fault]);
  const salt = nonce.slice(0, 2 * saltBytes);
  const own = `${salt}${markOf(sealer, { wallet, salt, issuedAtSeconds })}`;
  if (signIn.chainId !== site.chainId || !same(nonce, own)) {
    throw refused('UnknownChallenge', 'this site did not make the challenge; ask for a new one');
  }
  if (!isSignedBy(base58Decode(wallet), message, Buffer.from(signature, 'base64'))) {
    throw refused('WrongSignature', `the signature is not one of ${wallet} for this text`);
  }
  return { wallet, nonce };
}

const why: Readonly<Record<SignInFault, string>> = {
  WrongDomain: 'the text was made for another site',
  WrongAccount: 'the text is not for signing in',
  WrongWallet: 'the text is for another wallet',
  NotYetValid: 'the text comes from the future; look at your clock',
  Expired: 'the text has expired; ask for a new challenge and sign it within five minutes',
};

const refused = (reason: string, text: string): Problem => new Problem(422, reason, text);

type Issued = Readonly<{ wallet: string; salt: string; issuedAtSeconds: number }>;

function markOf(sealer: Sealer, { wallet, salt, issuedAtSeconds }: Issued): string {
  const text = JSON.stringify([wallet, salt, issuedAtSeconds]);
  return sealer.mark('challenge', text).toString('hex').slice(0, markDigits);
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
