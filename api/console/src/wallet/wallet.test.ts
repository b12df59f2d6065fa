import { describe, expect, test } from '@jest/globals';
import { Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
import { readSignIn, signInText } from '../../../../operator/domain/settlement/sign-in.ts';
import { isSignedBy } from '../../../../operator/settlement/wallet-signature.ts';
import { createTestWallet, type TestWallet } from '../../testing/wallet.ts';
import { ApiProblem } from '../client/problem.ts';
import { fromBase64, toBase64, toText } from './bytes.ts';
import { signChallenge, signInFields } from './sign-in.ts';
import { connect, isUsable, WalletError } from './standard.ts';
import { beginning, type Flow, type FlowEvent, nextFlow } from './transaction-flow.ts';
import { type FlowContext, runStep } from './transactions.ts';

const seed = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
const address = Keypair.fromSeed(seed).publicKey.toBase58();
const built = { transaction: '', summary: ['Stake 200 IO'], handle: 'h' };

async function signerOf(wallet: TestWallet): Promise<FlowContext['signer']> {
  const [account] = await connect(wallet.wallet);
  return { wallet: wallet.wallet, account: account! };
}

const challenge = (part: Partial<Parameters<typeof signInText>[0]> = {}): string =>
  signInText({
    domain: 'console.test:8443',
    address,
    statement: 'Sign in to io. This costs nothing and moves nothing.',
    uri: 'https://console.test:8443/io/console/',
    chainId: 'localnet',
    nonce: '0123456789abcdef',
    issuedAtSeconds: 1_790_000_000,
    expiresAtSeconds: 1_790_000_300,
    resources: ['urn:compute.io.net:session'],
    ...part,
  });

describe('signing in', () => {
  test.each([
    ['as a sign-in that the wallet writes itself', true],
    ['as a plain text', false],
  ])('%s is signed by the very key', async (_, signIn) => {
    const wallet = await createTestWallet({ seed, signIn });
    const signer = await signerOf(wallet);
    const message = challenge();
    const proof = await signChallenge(signer.wallet, signer.account, message);
    expect(wallet.address).toBe(address);
    // The standard's own writer comes to the text of our server, letter by letter.
    expect(proof.message).toBe(message);
    const signature = Buffer.from(proof.signature, 'base64');
    expect(isSignedBy(new PublicKey(address).toBytes(), message, signature)).toBe(true);
    expect(wallet.control.asked.at(-1)).toBe(`${signIn ? 'signIn' : 'signMessage'} ${message}`);
  });

  test.each([
    ['for another wallet', challenge({ address: PublicKey.default.toBase58() })],
    ['that is none', 'Give me all your tokens'],
  ])('a text %s is not shown to the wallet', async (_, message) => {
    const wallet = await createTestWallet({ seed });
    const { wallet: of, account } = await signerOf(wallet);
    await expect(signChallenge(of, account, message)).rejects.toThrow('nothing was signed');
    expect(wallet.control.asked).toEqual(['connect']);
  });

  test('a wallet that signs another text is found out', async () => {
    const wallet = await createTestWallet({ seed, name: 'Sly' });
    const { wallet: of, account } = await signerOf(wallet);
    const honest = of.features['solana:signIn'] as {
      signIn: (input: object) => Promise<readonly unknown[]>;
    };
    const signIn = (input: object) => honest.signIn({ ...input, domain: 'evil.test' });
    const sly = { ...of, features: { ...of.features, 'solana:signIn': { signIn } } };
    await expect(signChallenge(sly, account, challenge())).rejects.toThrow(
      'Sly signed another text than the one it was asked to.',
    );
  });

  test('a wallet that does not agree is told in its own words', async () => {
    const { wallet, control } = await createTestWallet({ seed });
    control.answer = 'reject';
    await expect(connect(wallet)).rejects.toThrow(
      'Test wallet did not agree. It says: User rejected the request.',
    );
    await expect(connect(wallet)).rejects.toBeInstanceOf(WalletError);
  });

  test('fields are those of the text', () => {
    const fields = signInFields(challenge());
    expect(fields).toMatchObject({ version: '1', issuedAt: '2026-09-21T14:13:20Z' });
    expect(readSignIn(challenge())?.domain).toBe(fields?.domain);
  });
});

describe('wallets of this browser', () => {
  test('can be used when they connect, sign transactions and prove who they are', async () => {
    const { wallet } = await createTestWallet({ seed });
    expect(isUsable(wallet)).toBe(true);
    const without = (feature: string) => ({
      ...wallet,
      features: Object.fromEntries(
        Object.entries(wallet.features).filter(([name]) => name !== feature),
      ) as typeof wallet.features,
    });
    expect(isUsable(without('solana:signIn'))).toBe(true);
    expect(isUsable(without('standard:connect'))).toBe(false);
    expect(isUsable(without('solana:signTransaction'))).toBe(false);
    expect(isUsable({ ...wallet, chains: ['ethereum:1'] })).toBe(false);
  });
});

describe('the steps of a transaction', () => {
  const walk = (...events: readonly FlowEvent[]): Flow => events.reduce(nextFlow, beginning);
  const toReview: readonly FlowEvent[] = [{ type: 'built', built }];
  const toSending: readonly FlowEvent[] = [
    ...toReview,
    { type: 'sign' },
    { type: 'signed', signed: 'c2ln' },
  ];
  const toWaiting: readonly FlowEvent[] = [...toSending, { type: 'sent', signature: 's' }];
  const error = new Error('no');

  test.each<[string, readonly FlowEvent[], object]>([
    ['begin with building', [], { step: 'Building' }],
    ['show what it does before anything is signed', toReview, { step: 'Review', built }],
    ['send what was signed', toSending, { step: 'Sending', signed: 'c2ln' }],
    ['wait for the chain', toWaiting, { step: 'Waiting', signature: 's' }],
    ['end', [...toWaiting, { type: 'final' }], { step: 'Done', signature: 's' }],
    ['fail while building', [{ type: 'failed', error }], { step: 'Failed', kind: 'NotBuilt' }],
    [
      'fail in the wallet',
      [...toReview, { type: 'sign' }, { type: 'failed', error }],
      { step: 'Failed', kind: 'NotSigned', built },
    ],
    [
      'fail at the server',
      [...toSending, { type: 'failed', error }],
      { step: 'Failed', kind: 'NotSent' },
    ],
    [
      'are unclear when no answer comes',
      [...toSending, { type: 'lost', error }],
      { step: 'Failed', kind: 'Unclear' },
    ],
    [
      'fail on the chain',
      [...toWaiting, { type: 'failed', error }],
      { step: 'Failed', kind: 'OnChain', signature: 's' },
    ],
    ['are not signed twice', [...toSending, { type: 'sign' }], { step: 'Sending' }],
    [
      'take no late answer for a new one',
      [...toWaiting, { type: 'built', built }, { type: 'signed', signed: 'b2xk' }],
      { step: 'Waiting' },
    ],
    [
      'do not end before they were sent',
      [...toReview, { type: 'final' }, { type: 'sent', signature: 'x' }],
      { step: 'Review' },
    ],
    ['stay done', [...toWaiting, { type: 'final' }, { type: 'failed', error }], { step: 'Done' }],
    ['begin anew', [...toSending, { type: 'failed', error }, { type: 'begin' }], beginning],
  ])('%s', (_, events, flow) => {
    expect(walk(...events)).toMatchObject(flow);
  });
});

describe('the work of a step', () => {
  const problem = (status: number): ApiProblem =>
    new ApiProblem({
      ...{ status, reason: 'X', title: 'X', detail: 'X', errors: [] },
      retryAfterSeconds: undefined,
    });

  /** What the server is asked, and answers in turn. */
  function server(...answers: readonly unknown[]) {
    const calls: [string, unknown][] = [];
    const call = async (path: string, options: { body?: unknown } = {}): Promise<unknown> => {
      calls.push([path, options.body]);
      const answer = answers[calls.length - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { api: call as FlowContext['api'], calls };
  }

  async function context(api: FlowContext['api']): Promise<FlowContext> {
    const signer = await signerOf(await createTestWallet({ seed }));
    const wait = (): Promise<void> => Promise.resolve();
    return { api, signer, wait, chain: 'solana:localnet', action: { type: 'claim' } };
  }
  const { signal } = new AbortController();

  test('asks for the action with the wallet that signs', async () => {
    const { api, calls } = server(built);
    const event = await runStep(beginning, await context(api), signal);
    expect(event).toEqual({ type: 'built', built });
    expect(calls).toEqual([['/transactions', { action: { type: 'claim' }, wallet: address }]]);
  });

  test('signs a transaction of web3.js with a signature that its own check takes', async () => {
    const payer = new PublicKey(address);
    const transfer = SystemProgram.transfer({ fromPubkey: payer, toPubkey: payer, lamports: 1 });
    const transaction = new Transaction({
      feePayer: payer,
      blockhash: PublicKey.default.toBase58(),
      lastValidBlockHeight: 1,
    }).add(transfer);
    const bytes = transaction.serialize({ requireAllSignatures: false });
    const flow = {
      step: 'Signing' as const,
      built: { ...built, transaction: toBase64(bytes) },
    };
    const event = await runStep(flow, await context(server().api), signal);
    if (event?.type !== 'signed') throw new Error(`it came to ${JSON.stringify(event)}`);
    const signed = Transaction.from(fromBase64(event.signed));
    expect(signed.verifySignatures(true)).toBe(true);
    expect(signed.serializeMessage()).toEqual(transaction.serializeMessage());
  });

  test.each([
    ['is refused', problem(422), 'failed'],
    ['is away', problem(503), 'lost'],
    ['does not answer', problem(0), 'lost'],
    ['fails as it must not', new TypeError('x'), 'lost'],
  ])('when the server that sends %s', async (_, error, type) => {
    const { api, calls } = server(error);
    const flow = { step: 'Sending' as const, built: { ...built, handle: 'a/b' }, signed: 'c2ln' };
    expect(await runStep(flow, await context(api), signal)).toEqual({ type, error });
    expect(calls).toEqual([['/transactions/a%2Fb', { signed: 'c2ln' }]]);
  });

  test('waits until it is final, past servers that are away', async () => {
    const answers = [{ state: 'Missing' }, problem(503), { state: 'Processing' }];
    const { api, calls } = server(...answers, { state: 'Finalized' });
    const flow = { step: 'Waiting' as const, signature: 'sig' };
    expect(await runStep(flow, await context(api), signal)).toEqual({ type: 'final' });
    expect(calls.map(([path]) => path)).toEqual(new Array(4).fill('/transactions/sig'));
  });

  test('says what the chain says, and gives up one day', async () => {
    const flow = { step: 'Waiting' as const, signature: 'sig' };
    const refused = await context(server({ state: 'Failed', reason: 'StillLocked' }).api);
    expect(await runStep(flow, refused, signal)).toMatchObject({
      type: 'failed',
      error: { message: 'StillLocked' },
    });
    const silent = server(...new Array(200).fill({ state: 'Missing' }));
    const event = await runStep(flow, await context(silent.api), signal);
    expect(event?.type).toBe('lost');
    expect(silent.calls.length).toBeLessThan(100);
  });

  test.each<Flow>([
    { step: 'Review', built },
    { step: 'Done', signature: 's' },
  ])('is nothing at $step', async (flow) => {
    const { api, calls } = server();
    expect(await runStep(flow, await context(api), signal)).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

test('bytes survive base64, and what is no text is none', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  expect(toText(bytes)).toBeUndefined();
  expect(() => fromBase64('!')).toThrow('character');
});
