import { expect, test } from '@jest/globals';
import { buildInventory, buildMember, deviceKeys } from '../../testing/builders/inventory.ts';
import { buildGroup, buildRequest } from '../../testing/builders/placement.ts';
import { place } from './place.ts';
import { quote } from './quote.ts';

const inventory = () =>
  buildInventory([{ member: buildMember(), nodes: [{ node: 'n', devices: 8 }] }]);

test('a cluster that waits is quoted as if nobody held a device', () => {
  const busy = inventory();
  busy.assume('other', deviceKeys('fra-1', 'n', 8));
  const request = buildRequest({ groups: [buildGroup({ workers: 4 })] });
  expect(place(request, busy).kind).toBe('Refusal');
  expect(quote(request, busy)).toEqual({
    member: 'fra-1',
    devices: 4,
    priceMicroUsdPerHour: 10_000_000n,
  });
});

test('a cluster that can be placed is quoted what it will cost', () => {
  const request = buildRequest({ groups: [buildGroup({ workers: 3 })] });
  const placement = place(request, inventory());
  expect(placement).toMatchObject({
    priceMicroUsdPerHour: quote(request, inventory())?.priceMicroUsdPerHour,
  });
});

test('a cluster that nobody could ever take has no quote', () => {
  expect(
    quote(buildRequest({ groups: [buildGroup({ workers: 9 })] }), inventory()),
  ).toBeUndefined();
});
