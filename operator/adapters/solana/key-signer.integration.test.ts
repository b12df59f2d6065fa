import { randomBytes, verify, createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { SignerError } from '../../ports/signer.ts';
import { base58Decode, base58Encode } from '../../settlement/base58.ts';
import { walletNamed } from '../../testing/wallet.ts';
import { ExternalSigner } from './external-signer.ts';
import { fileSigner, textSigner } from './key-signer.ts';

const directory = mkdtempSync(join(tmpdir(), 'key-signer-'));
afterAll(() => rmSync(directory, { recursive: true }));

const wallet = walletNamed('a key in a file');
const message = randomBytes(100);

function fileOf(text: string, mode = 0o600): string {
  const path = join(directory, randomBytes(4).toString('hex'));
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function isSignature(address: string, signature: Uint8Array): boolean {
  const head = Buffer.from('302a300506032b6570032100', 'hex');
  const key = createPublicKey({
    key: Buffer.concat([head, base58Decode(address)]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, message, key, signature);
}

describe('a key file', () => {
  test.each([
    ['as solana-keygen writes it', JSON.stringify([...wallet.secret])],
    ['in base58, with a line end', `${base58Encode(wallet.secret)}\n`],
  ])('%s signs', async (_name, text) => {
    const signer = fileSigner(fileOf(text));
    expect(signer.address).toBe(wallet.address);
    expect(isSignature(wallet.address, await signer.sign(message))).toBe(true);
  });

  const half = wallet.secret.slice(0, 32);
  test.each([
    ['that everybody may read', JSON.stringify([...wallet.secret]), 0o644, 'chmod 600'],
    ['that is empty', '', 0o600, 'holds no key'],
    ['of 32 bytes', JSON.stringify([...half]), 0o600, 'holds no key'],
    ['of other text', 'not a key 0OIl', 0o600, 'holds no key'],
    ['of numbers that are no bytes', JSON.stringify(Array(64).fill(256)), 0o600, 'holds no key'],
    [
      'whose halves do not belong together',
      base58Encode(Uint8Array.from([...half, ...half])),
      0o600,
      'do not belong together',
    ],
  ])('%s is refused, and the error does not repeat it', (_name, text, mode, why) => {
    const path = fileOf(text, mode);
    const refusal = (): unknown => fileSigner(path);
    expect(refusal).toThrow(SignerError);
    expect(refusal).toThrow(why);
    for (const part of [base58Encode(half).slice(0, 8), '256,256']) {
      expect(refusal).not.toThrow(part);
    }
  });

  test('that is not there is refused', () => {
    expect(() => fileSigner(join(directory, 'none'))).toThrow('cannot be read: ENOENT');
  });

  test('a signer shows no key when it is printed', () => {
    const text = base58Encode(wallet.secret);
    const signer = textSigner(text, 'IO_SOLANA_TREASURER_KEY');
    expect(JSON.stringify(signer)).toBe(JSON.stringify({ address: wallet.address }));
  });
});

describe('a program that signs', () => {
  /** Answers each line by the code in it; `key` is the treasurer's. */
  function program(answer: string): ExternalSigner {
    const seed = JSON.stringify([...wallet.secret.slice(0, 32)]);
    const script = `#!${process.execPath}
const { createPrivateKey, sign } = require('node:crypto');
const head = Buffer.from('302e020100300506032b657004220420', 'hex');
const key = createPrivateKey({ key: Buffer.concat([head, Buffer.from(${seed})]), format: 'der', type: 'pkcs8' });
const address = '${wallet.address}';
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const question = JSON.parse(line);
  const reply = (answer) => console.log(JSON.stringify({ id: question.id, ...answer }));
  ${answer}
});
`;
    return new ExternalSigner(fileOf(script, 0o700));
  }
  const honest = `
    if (question.role !== 'treasurer') reply({ error: 'no such key' });
    else if (question.method === 'publicKey') reply({ publicKey: address });
    else reply({ signature: sign(null, Buffer.from(question.message, 'base64'), key).toString('base64') });`;

  test('has the keys that it says it has', async () => {
    const external = program(honest);
    const signer = await external.signer('treasurer');
    expect(signer?.address).toBe(wallet.address);
    const signatures = await Promise.all([1, 2, 3].map(async () => signer?.sign(message)));
    for (const signature of signatures) {
      expect(isSignature(wallet.address, signature ?? new Uint8Array())).toBe(true);
    }
    expect(await external.signer('slasher')).toBeUndefined();
    await external.close();
  });

  test.each([
    ['refuses', `reply({ error: 'over the limit' })`, 'refuses: over the limit'],
    ['signs something else', `reply({ signature: Buffer.alloc(64).toString('base64') })`, 'wrong'],
    ['ends', 'process.exit(3)', 'ended with code 3'],
  ])('that %s is an error', async (_name, sign, why) => {
    const external = program(`
      if (question.method === 'publicKey') reply({ publicKey: address });
      else ${sign};`);
    const signer = await external.signer('treasurer');
    await expect(signer?.sign(message)).rejects.toThrow(why);
    await external.close();
  });

  test('that cannot be started is an error', async () => {
    const external = new ExternalSigner(join(directory, 'none'));
    await expect(external.signer('treasurer')).rejects.toThrow('cannot be started: ENOENT');
  });
});
