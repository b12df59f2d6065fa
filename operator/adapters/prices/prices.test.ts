import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { filePrice } from './file-price.ts';
import { fixedPrice, noPrice } from './fixed-price.ts';

const at = Date.parse('2026-11-01T00:00:00Z') / 1_000;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'prices-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a fixed price, and none', async () => {
  expect(await fixedPrice(250_000n).ioPrice(at)).toEqual({ microUsd: 250_000n, source: 'fixed' });
  expect(await noPrice.ioPrice(at)).toBeUndefined();
});

test.each([
  ['a number', 250_000],
  ['a string', '250000'],
])('a file says it as %s', async (_, ioMicroUsd) => {
  const path = join(directory, 'price.json');
  const validUntil = '2026-11-01T00:00:01Z';
  writeFileSync(path, JSON.stringify({ ioMicroUsd, source: 'oracle', validUntil }));
  expect(await filePrice(path).ioPrice(at)).toEqual({
    microUsd: 250_000n,
    source: 'file: oracle',
  });
  expect(await filePrice(path).ioPrice(at + 1)).toBeUndefined();
});

test('a file that is not there says nothing, one that is not understood is an error', async () => {
  expect(await filePrice(join(directory, 'none.json')).ioPrice(at)).toBeUndefined();
  const path = join(directory, 'bad.json');
  writeFileSync(path, '{"ioMicroUsd":1.5}');
  await expect(filePrice(path).ioPrice(at)).rejects.toThrow('price file');
});
