import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const css = readFileSync('api/console/src/design/tokens.css', 'utf8');

const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
);

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(front: string, back: string): number {
  const [low = 0, high = 0] = [luminance(front), luminance(back)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ['bg', 'surface', 'surface-2'];
const texts = ['text', 'text-2', 'accent', 'good', 'warn', 'bad', 'info'];
const tones = ['good', 'warn', 'bad', 'info', 'accent'];
const drawn = ['line-strong', 'focus', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

const pairs: readonly (readonly [string, string, number])[] = [
  ...surfaces.flatMap((back) => texts.map((front) => [front, back, 4.5] as const)),
  ...surfaces.flatMap((back) => drawn.map((front) => [front, back, 3] as const)),
  ...tones.flatMap((tone) => [
    [tone, `${tone}-soft`, 4.5] as const,
    ['text', `${tone}-soft`, 4.5] as const,
  ]),
  ['accent-text', 'accent', 4.5],
  ['accent-text', 'accent-hover', 4.5],
  ['bad-text', 'bad', 4.5],
];

describe('colours can be told apart (WCAG AA)', () => {
  test.each(pairs)('%s on %s', (front, back, least) => {
    for (const theme of ['light', 'dark'] as const) {
      const ratio = contrast(tokens.get(front)?.[theme] ?? '', tokens.get(back)?.[theme] ?? '');
      expect({ theme, enough: ratio >= least, ratio: ratio.toFixed(2) }).toMatchObject({
        enough: true,
      });
    }
  });
});
