import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { linesOf, textOf } from './json-lines.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) return;
    yield bytes.subarray(start, start + size);
    start += size;
  }
  if (start < bytes.length) yield bytes.subarray(start);
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

test('lines come out whole, however the bytes are cut, and an unfinished one does not', async () => {
  const line = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/\n/g, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 100 }),
      fc.string({ maxLength: 3 }).map((text) => text.replace(/\n/g, '')),
      async (lines, sizes, unfinished) => {
        const valid = lines.map((text) => Buffer.from(text).toString());
        const bytes = Buffer.from(`${valid.map((text) => `${text}\n`).join('')}${unfinished}`);
        expect(await collect(linesOf(chunked(bytes, sizes), 1000))).toEqual(
          valid.filter((text) => text !== ''),
        );
      },
    ),
    { seed: 1 },
  );
});

test('a line without end is refused before it fills the memory', async () => {
  const bytes = Buffer.alloc(100, 'x');
  await expect(collect(linesOf(chunked(bytes, [30, 30, 30]), 80))).rejects.toMatchObject({
    reason: 'ResponseTooLarge',
    message: 'the API server sent more than 80 bytes at once',
  });
});

test('a body has its limit too', async () => {
  expect(await textOf(chunked(Buffer.from('é€'), [1, 1, 1]), 5)).toBe('é€');
  expect(await textOf(chunked(Buffer.alloc(0), []), 5)).toBe('');
  await expect(textOf(chunked(Buffer.alloc(6), [3, 3]), 5)).rejects.toMatchObject({
    reason: 'ResponseTooLarge',
  });
});
