import { describe, expect, test } from '@jest/globals';
import { ExpositionError, maxExpositionCharacters, parseExposition } from './exposition.ts';

const first = 'GPU-a6158b59-2c1e-1e63-0068-9178c4298abd';
const second = 'GPU-8d5053b3-9280-7d1a-751b-4fd2fdd547c5';
const labels = (gpu: number, uuid: string, more = ''): string =>
  `gpu="${gpu}",UUID="${uuid}",pci_bus_id="00000000:1A:00.0",device="nvidia${gpu}",` +
  `modelName="NVIDIA H100 80GB HBM3"${more},Hostname="node-1",DCGM_FI_DRIVER_VERSION="535.129.03"`;

/** As it is served, with comments and metrics that nobody reads. */
const twoGpus = `# HELP DCGM_FI_DEV_SM_CLOCK SM clock frequency (in MHz).
# TYPE DCGM_FI_DEV_SM_CLOCK gauge
DCGM_FI_DEV_SM_CLOCK{${labels(0, first)}} 1980
DCGM_FI_DEV_SM_CLOCK{${labels(1, second)}} 345
# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).
# TYPE DCGM_FI_DEV_POWER_USAGE gauge
DCGM_FI_DEV_POWER_USAGE{${labels(0, first, ',container="ray",namespace="t",pod="w-1"')}} 612.345000
DCGM_FI_DEV_POWER_USAGE{${labels(1, second)}} 71.200000
# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{${labels(0, first)}} 98
DCGM_FI_DEV_GPU_UTIL{${labels(1, second)}} 0
# HELP DCGM_FI_DEV_XID_ERRORS Value of the last XID error encountered.
# TYPE DCGM_FI_DEV_XID_ERRORS gauge
DCGM_FI_DEV_XID_ERRORS{${labels(0, first)},err_code="79",err_msg="fell off \\"the\\" bus, {gone}"} 79
DCGM_FI_DEV_XID_ERRORS{${labels(1, second)}} 0
# HELP DCGM_FI_DEV_FB_USED Framebuffer memory used (in MiB).
# TYPE DCGM_FI_DEV_FB_USED gauge
DCGM_FI_DEV_FB_USED{${labels(0, first)}} 73012
DCGM_FI_DEV_FB_USED{${labels(1, second)}} 4
DCGM_FI_DEV_FB_USED_PERCENT{${labels(0, first)}} 0.9
`;

test('two GPUs: what they do, with or without a pod, and the error of one', () => {
  expect(parseExposition(twoGpus)).toEqual([
    {
      ...{ gpu: 0, uuid: first, pod: 't/w-1' },
      sample: { utilPercent: 98, fbUsedMiB: 73_012, powerMilliwatt: 612_345, xid: 79 },
    },
    {
      ...{ gpu: 1, uuid: second },
      sample: { utilPercent: 0, fbUsedMiB: 4, powerMilliwatt: 71_200, xid: 0 },
    },
  ]);
});

test('slices of a GPU are apart, and have no uuid but their own', () => {
  const slice = (profile: string, id: number, more = ''): string =>
    labels(0, first, `,GPU_I_PROFILE="${profile}",GPU_I_ID="${id}"${more}`);
  const text = [
    `DCGM_FI_DEV_FB_USED{${slice('1g.10gb', 7)}} 12`,
    `DCGM_FI_DEV_FB_USED{${slice('1g.10gb', 8)}} 4000`,
    `DCGM_FI_DEV_FB_USED{${slice('1g.10gb+me', 9, ',mig_device_uuid="MIG-1"')}} 1`,
    `DCGM_FI_DEV_POWER_USAGE{${slice('1g.10gb', 7)}} 200`,
    `DCGM_FI_DEV_POWER_USAGE{${labels(0, first, ',GPU_I_PROFILE="",GPU_I_ID=""')}} 300`,
  ].join('\n');
  expect(parseExposition(text)).toEqual([
    {
      ...{ gpu: 0, slice: { profile: '1g.10gb', id: 7 } },
      sample: { fbUsedMiB: 12, powerMilliwatt: 200_000 },
    },
    { gpu: 0, slice: { profile: '1g.10gb', id: 8 }, sample: { fbUsedMiB: 4_000 } },
    {
      ...{ gpu: 0, uuid: 'MIG-1', slice: { profile: '1g.10gb.me', id: 9 } },
      sample: { fbUsedMiB: 1 },
    },
    { gpu: 0, uuid: first, sample: { powerMilliwatt: 300_000 } },
  ]);
});

test('of copies for the pods that share a GPU the largest counts', () => {
  const copies = [3, 40, 7].map(
    (value, vgpu) => `DCGM_FI_DEV_GPU_UTIL{${labels(0, first, `,vgpu="${vgpu}"`)}} ${value}`,
  );
  expect(parseExposition(copies.join('\n'))).toMatchObject([{ sample: { utilPercent: 40 } }]);
});

describe('no sample is made of', () => {
  test.each([
    ['a blank 64-bit number', 'GPU_UTIL', labels(0, first), '9223372036854775794'],
    ['a number that was not found', 'FB_USED', labels(0, first), '9223372036854775793'],
    ['a blank 32-bit number', 'XID_ERRORS', labels(0, first), '2147483632'],
    ['a blank 32-bit number of memory', 'FB_USED', labels(0, first), '2147483634'],
    ['a blank number with decimals', 'POWER_USAGE', labels(0, first), '140737488355328.000000'],
    ['NaN', 'POWER_USAGE', labels(0, first), 'NaN'],
    ['infinity', 'POWER_USAGE', labels(0, first), '+Inf'],
    ['less than nothing', 'POWER_USAGE', labels(0, first), '-1'],
    ['more than all', 'GPU_UTIL', labels(0, first), '101'],
    ['a word', 'GPU_UTIL', labels(0, first), 'N/A'],
    ['no GPU', 'GPU_UTIL', `UUID="${first}"`, '5'],
    ['a GPU that is no number', 'GPU_UTIL', 'gpu="a"', '5'],
    ['labels that are cut off', 'GPU_UTIL', 'gpu="0",UUID="GPU-', '5'],
    ['labels without quotes', 'GPU_UTIL', 'gpu=0', '5'],
  ])('%s', (_, name, text, value) => {
    expect(parseExposition(`DCGM_FI_DEV_${name}{${text}} ${value}\n`)).toEqual([]);
  });
  test.each([
    ['nothing', ''],
    ['a page of something else', '<html>404</html>'],
    ['a comment', '# DCGM_FI_DEV_GPU_UTIL{gpu="0"} 5'],
    ['a line that is cut off', 'DCGM_FI_DEV_GPU_UTIL{gpu="0"}'],
  ])('%s', (_, text) => {
    expect(parseExposition(text)).toEqual([]);
  });
});

test('a sentinel hides one number, not the others of the GPU', () => {
  const text = twoGpus.replace('} 98\n', '} 9223372036854775794\n');
  const [of] = parseExposition(text);
  expect(of?.sample).toEqual({ fbUsedMiB: 73_012, powerMilliwatt: 612_345, xid: 79 });
});

describe('more than any machine has is refused', () => {
  test.each([
    ['characters', ' '.repeat(maxExpositionCharacters + 1)],
    ['series', 'DCGM_FI_DEV_GPU_UTIL{gpu="0"} 1\n'.repeat(8_193)],
  ])('%s', (_, text) => {
    expect(() => parseExposition(text)).toThrow(ExpositionError);
  });

  test('and what is made to take long does not', () => {
    const text = `DCGM_FI_DEV_GPU_UTIL{${'a="b", '.repeat(500_000)}`;
    const began = performance.now();
    expect(parseExposition(text)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
