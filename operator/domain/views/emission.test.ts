import { describe, expect, test } from '@jest/globals';
import { emissionView, supplyCurve } from './emission.ts';

const facts = { genesisSeconds: 1_793_491_200, epochs: 2, emitted: 913_236_000_000n, burned: 5n };

describe.each(['hourly-disinflation', 'monthly', 'usd-target'] as const)('by %s', (policy) => {
  const view = emissionView({ ...facts, policy }, supplyCurve(policy, facts.genesisSeconds));

  test('the curve goes from what was there at genesis to all there will be, and never down', () => {
    expect(view.curve[0]).toMatchObject({ epoch: 0, cumulativeIo: '500000000.00' });
    expect(view.curve.at(-1)?.cumulativeIo).toBe(view.capIo);
    expect(view.capIo).toBe('800000000.00');
    const amounts = view.curve.map(({ cumulativeIo }) => Number(cumulativeIo));
    expect(amounts).toEqual(amounts.toSorted((a, b) => a - b));
    expect(view.curve.length).toBeLessThan(200);
  });

  test('what was emitted and burnt is exact', () => {
    expect(view).toMatchObject({ epochs: 2, emittedIo: '9132.36', burnedIo: '0.00000005' });
  });
});

test('the first point is the second after genesis', () => {
  const [first] = supplyCurve('monthly', facts.genesisSeconds);
  expect(first?.time).toBe('2026-11-01T00:00:00Z');
});
