import { expect, test } from '@jest/globals';
import { viewOf } from './views.ts';

const examples = { devices: ['frankfurt-1', 'gpu/0'], epochs: ['7'] };

test.each<[string, Parameters<typeof viewOf>[0], ReturnType<typeof viewOf>]>([
  ['the start page', { path: '' }, { name: 'start', path: '/', signedIn: false }],
  [
    'a page without parameters',
    { path: 'id/ledger', signedIn: true },
    { name: 'id-ledger', path: '/id/ledger', signedIn: true },
  ],
  [
    'parameters are filled in order, and encoded',
    { path: 'workers/devices/$member/$name', signedIn: true },
    {
      ...{ name: 'workers-devices-member-name', signedIn: true },
      path: '/workers/devices/frankfurt-1/gpu%2F0',
    },
  ],
  [
    'words may follow a parameter',
    { path: 'explorer/epochs/$epoch/check' },
    { name: 'explorer-epochs-epoch-check', path: '/explorer/epochs/7/check', signedIn: false },
  ],
])('%s', (_name, page, view) => {
  expect(viewOf(page, examples)).toEqual(view);
});

test('a page whose parameters nobody knows is an error, not a page that is left out', () => {
  expect(() => viewOf({ path: 'cloud/clusters/$namespace/$name' }, examples)).toThrow(
    'there is no example for $namespace of cloud/clusters/$namespace/$name',
  );
});
