import { expect, test } from '@jest/globals';
import { transactionUrl } from './links.ts';

const signature = '5'.repeat(88);
const template = 'https://explorer.example/tx/{signature}?cluster=devnet';

test('a transaction is shown where the site says', () => {
  expect(transactionUrl(template, signature)).toBe(
    `https://explorer.example/tx/${signature}?cluster=devnet`,
  );
});

test.each([
  ['no template', undefined, signature],
  ['a template without a place for it', 'https://explorer.example/', signature],
  ['a script', 'javascript:alert("{signature}")', signature],
  ['plain http', 'http://explorer.example/{signature}', signature],
  ['no address', '//{signature}', signature],
  ['a path as signature', template, '../../evil'],
  ['a signature with a letter that base58 lacks', template, `0${'5'.repeat(87)}`],
  ['a short signature', template, '5'.repeat(63)],
  ['an endless signature', template, '5'.repeat(5_000)],
])('%s is no link', (_, from, of) => {
  expect(transactionUrl(from, of)).toBeUndefined();
});
