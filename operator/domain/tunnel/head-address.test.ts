import { expect, test } from '@jest/globals';
import { headAddressOf } from './head-address.ts';

test.each([
  ['its service', { serviceIP: '10.96.0.7', podIP: '10.244.0.9' }, '10.96.0.7'],
  [
    'its pod, where the service has no address',
    { serviceIP: 'None', podIP: '10.244.0.9' },
    '10.244.0.9',
  ],
  ['its pod, where there is no service yet', { podIP: '192.168.3.4' }, '192.168.3.4'],
  ['an address of IPv6', { podIP: 'fd00:10:244::9' }, 'fd00:10:244::9'],
  ['an address in full', { podIP: 'FD00:0:0:0:0:0:0:9' }, 'FD00:0:0:0:0:0:0:9'],
])('a head is dialled by %s', (_sentence, status, address) => {
  expect(headAddressOf(status)).toBe(address);
});

test.each(
  [
    ['', 'None', 'localhost', 'head.example', '10.0.0.1:80', '10.0.0', '10.0.0.256', '0x0a000001'],
    ['127.0.0.1', '127.9.9.9', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
    [
      '::',
      '::1',
      '0:0:0:0:0:0:0:1',
      'fe80::1',
      'febf::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      'fd00::1%eth0',
    ],
  ].flat(),
)('%j is no address of a head', (podIP) => {
  expect(headAddressOf({ podIP })).toBeUndefined();
});
