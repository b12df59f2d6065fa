import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeInformer } from '../../testing/fake-informer.ts';
import { openPolicy } from '../../domain/member/policy.ts';
import { silentLogger } from '../../runtime/logger.ts';
import { type PolicyConfigMap, policyResource, PolicyWatch } from './index.ts';
import { parsePolicy } from './parse.ts';

describe('a policy', () => {
  test('that says everything is read', () => {
    expect(
      parsePolicy({
        cordoned: 'true',
        drainDeadline: '2026-11-23T10:00:00Z',
        allowedImages: 'docker.io/rayproject/\n\n  registry.example/team/train:1.4.0  \n',
        maxCpuPerPod: '64',
        maxMemoryPerPod: '512Gi',
        maxDevicesPerLease: '16',
      }),
    ).toEqual({
      policy: {
        cordoned: true,
        drainDeadline: '2026-11-23T10:00:00Z',
        allowedImages: ['docker.io/rayproject/', 'registry.example/team/train:1.4.0'],
        maxMilliCpuPerPod: 64_000n,
        maxMilliBytesPerPod: 512n * 1024n ** 3n * 1000n,
        maxDevicesPerLease: 16,
      },
    });
  });

  test('that says nothing limits nothing', () => {
    expect(parsePolicy({})).toEqual({ policy: openPolicy });
    expect(parsePolicy({ cordoned: '', maxCpuPerPod: ' ' })).toEqual({ policy: openPolicy });
  });

  test('with an empty list of images allows none', () => {
    expect(parsePolicy({ allowedImages: '\n' })).toEqual({
      policy: { cordoned: false, allowedImages: [] },
    });
  });

  test.each([
    ['cordoned', 'yes', 'cordoned: "yes" must be "true" or "false"'],
    ['drainDeadline', '10m', 'drainDeadline: "10m" must be a time such as 2026-11-23T10:00:00Z'],
    ['drainDeadline', '2026-13-01T00:00:00Z', 'must be a time'],
    ['maxCpuPerPod', '1e3', 'maxCpuPerPod: "1e3" must be CPU cores such as 64 or 500m'],
    ['maxMemoryPerPod', '512GB', 'maxMemoryPerPod: "512GB" must be memory such as 512Gi'],
    ['maxDevicesPerLease', '-1', 'maxDevicesPerLease: "-1" must be a number from 0 to 1000000'],
    ['maxDevicesPerLease', '1000001', 'must be a number from 0 to 1000000'],
    ['allowedImages', 'docker.io/rayproject/\n*', 'and "*" is neither'],
    ['allowedImages', 'a/\n'.repeat(257), 'must be at most 256 lines'],
    ['allowedImage', 'docker.io/', '"allowedImage": there is no such key; known are cordoned,'],
    ['constructor', 'x', '"constructor": there is no such key'],
  ])('%s: %j is refused with what would be right', (key, value, message) => {
    expect(parsePolicy({ cordoned: 'true', [key]: value })).toEqual({
      faults: [expect.stringContaining(message)],
    });
  });

  test('is told everything that is wrong with it', () => {
    expect(parsePolicy({ cordoned: '1', maxCpuPerPod: 'x' })).toMatchObject({
      faults: [expect.stringContaining('cordoned'), expect.stringContaining('maxCpuPerPod')],
    });
  });
});

describe('what is in force', () => {
  let informer: FakeInformer<PolicyConfigMap>;
  let watch: PolicyWatch;
  let readable: boolean[];
  let warnings: unknown[];
  let version = 0;

  beforeEach(() => {
    readable = [];
    warnings = [];
    informer = new FakeInformer(policyResource);
    watch = new PolicyWatch({
      informer,
      metrics: { policyReadable: (now) => readable.push(now), placementRefused: () => undefined },
      logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
    });
  });

  const configMap = (data: Record<string, string>): PolicyConfigMap => {
    version += 1;
    const metadata = { name: 'io-member-policy', namespace: 'io', uid: 'u' };
    const resourceVersion = String(version);
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, resourceVersion },
      data,
    };
  };

  test('is nothing without a ConfigMap', () => {
    expect(watch.current()).toEqual(openPolicy);
    expect(watch.memberWishes()).toEqual({ cordoned: false, drainDeadline: undefined });
  });

  test('follows the ConfigMap, and is nothing again when that is deleted', () => {
    const drainDeadline = '2026-11-23T10:00:00Z';
    informer.put(configMap({ cordoned: 'true', drainDeadline }));
    expect(watch.memberWishes()).toEqual({ cordoned: true, drainDeadline });
    const last = configMap({ maxDevicesPerLease: '4' });
    informer.put(last);
    expect(watch.current()).toEqual({ cordoned: false, maxDevicesPerLease: 4 });
    informer.drop(last);
    expect(watch.current()).toEqual(openPolicy);
  });

  test('stays when a change cannot be read, and the change is told', () => {
    informer.put(configMap({ allowedImages: 'docker.io/rayproject/' }));
    informer.put(configMap({ allowedImages: 'docker.io/*', cordoned: 'true' }));
    expect(watch.current()).toEqual({ cordoned: false, allowedImages: ['docker.io/rayproject/'] });
    expect(readable).toEqual([true, true, false]);
    expect(warnings).toEqual([{ faults: [expect.stringContaining('allowedImages')] }]);
  });

  test('lets nothing begin while none could be read yet', () => {
    informer.put(configMap({ allowedImage: 'docker.io/rayproject/' }));
    expect(watch.memberWishes()).toMatchObject({ cordoned: true });
    informer.put(configMap({ allowedImages: 'docker.io/rayproject/' }));
    expect(watch.memberWishes()).toMatchObject({ cordoned: false });
  });
});
