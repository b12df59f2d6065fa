import { expect, test } from '@jest/globals';
import { cniConfig, corefile, kubeletConfig, kubeProxyConfig } from './configuration.ts';
import { networkOf } from './network.ts';

const all = Array.from({ length: 128 }, (_, index) => networkOf(index));
const isText = (value: string | number): value is string => typeof value === 'string';
const addressesOf = (index: number) => Object.values(networkOf(index)).map(String);

test('no two networks share a device, an address or a range, and all are for benchmarks', () => {
  const own = all.flatMap((network) => Object.values(network).filter(isText));
  expect(new Set(own).size).toBe(own.length);
  const addresses = own.filter((value) => !value.startsWith('ionode'));
  expect(addresses.every((value) => /^198\.1[89]\.\d+\.\d+/.test(value))).toBe(true);
});

test('names of devices fit into the 15 letters that the kernel takes', () => {
  expect(all.every(({ device }) => device.length <= 15)).toBe(true);
});

test.each([
  ['kubelet', kubeletConfig, ['198.19.5.130']],
  ['kube-proxy', kubeProxyConfig, ['198.18.5.0/24']],
  ['CoreDNS', corefile, ['198.19.5.130']],
])('%s is told of its own network and no other', (_name, config, expected) => {
  const text = config({ name: 'real-1', network: networkOf(5) });
  for (const address of expected) expect(text).toContain(address);
  for (const address of text.match(/198\.\d+\.\d+\.\d+(\/\d+)?/g) ?? []) {
    expect(addressesOf(5)).toContain(address);
  }
});

test('pods get addresses of the range that the machine has a route to', () => {
  expect(JSON.parse(cniConfig(networkOf(3)))).toMatchObject({
    plugins: [{ ipam: { ranges: [[{ subnet: '198.18.3.0/24' }]] } }, { type: 'portmap' }],
  });
});
