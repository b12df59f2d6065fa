import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type BundleManifest, checkBundle } from './bundle.ts';
import { sha256 } from './sha256.ts';

const hex = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const digest = hex('the epoch');
const previousChain = hex('the epoch before');
const chain = hex(Buffer.from(previousChain + digest, 'hex'));
const texts = new Map([
  ['epoch.json', JSON.stringify({ epoch: 7, digest, previousChain, chain })],
  ['chain-events.csv', 'signature,kind\n\u{1f680},Zürich\n'],
]);

function manifestOf(): BundleManifest {
  const files = [...texts].map(([name, text]) => ({
    name,
    bytes: Buffer.byteLength(text),
    sha256: hex(text),
  }));
  const lines = files.map((file) => `${file.sha256}  ${file.name}\n`).join('');
  return { epoch: 7, sha256: hex(lines), chain, files, howTo: '' };
}

test('a bundle as it was made is right, in every letter', () => {
  expect(checkBundle(manifestOf(), texts, sha256)).toEqual({
    files: new Map([
      ['epoch.json', true],
      ['chain-events.csv', true],
    ]),
    whole: true,
    chain: 'Right',
  });
});

describe('found out is', () => {
  test('another file', () => {
    const other = new Map(texts).set('chain-events.csv', 'signature,kind\n');
    const check = checkBundle(manifestOf(), other, sha256);
    expect(check.files.get('chain-events.csv')).toBe(false);
    expect(check.files.get('epoch.json')).toBe(true);
    expect(check.whole).toBe(false);
  });

  test('another file whose hash was changed too', () => {
    const text = 'signature,kind\n';
    const files = manifestOf().files.map((file) =>
      file.name === 'chain-events.csv' ? { ...file, sha256: hex(text) } : file,
    );
    const other = new Map(texts).set('chain-events.csv', text);
    const check = checkBundle({ ...manifestOf(), files }, other, sha256);
    expect(check.files.get('chain-events.csv')).toBe(true);
    expect(check.whole).toBe(false);
  });

  test('a file that is missing', () => {
    const check = checkBundle(manifestOf(), new Map([...texts].slice(0, 1)), sha256);
    expect(check.files.get('chain-events.csv')).toBe(false);
  });

  test('another chain', () => {
    expect(checkBundle({ ...manifestOf(), chain: digest }, texts, sha256).chain).toBe('Wrong');
  });

  test.each(['', 'null', '[]', '{"digest":1}', '<script>'])('an epoch.json that is %j', (text) => {
    const other = new Map(texts).set('epoch.json', text);
    expect(checkBundle(manifestOf(), other, sha256).chain).toBe('Unreadable');
  });
});

test('the first epoch begins from nothing', () => {
  const zeros = '0'.repeat(64);
  const first = { ...manifestOf(), epoch: 1, chain: hex(Buffer.from(zeros + digest, 'hex')) };
  const own = new Map(texts).set('epoch.json', JSON.stringify({ digest, previousChain: zeros }));
  expect(checkBundle(first, own, sha256).chain).toBe('Right');
});
