import { describe, expect, test } from '@jest/globals';
import { type Deployment, localPod, referencesOf } from './agent-pod.ts';

type PodSpec = Deployment['spec']['template']['spec'];

const podSpec: PodSpec = {
  serviceAccountName: 'agent',
  containers: [
    {
      args: [
        'agent',
        '--hub-url=https://hub:443',
        '--hub-ca-file=/etc/io/hub/ca.crt',
        '--join-token-file=/etc/io/hub/join/token',
        '--spool-directory=/var/spool',
        '--state-directory=/run/io',
      ],
      env: [
        { name: 'LEVEL', value: 'info' },
        { name: 'WHERE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'join', key: 'token' } } },
        { name: 'NONE', valueFrom: { secretKeyRef: { name: 'gone', key: 'x', optional: true } } },
      ],
      volumeMounts: [
        { name: 'hub', mountPath: '/etc/io/hub' },
        { name: 'token', mountPath: '/etc/io/hub/join' },
        { name: 'spool', mountPath: '/var/spool' },
        { name: 'state', mountPath: '/run/io' },
      ],
    },
  ],
  volumes: [
    { name: 'hub', configMap: { name: 'hub', items: [{ key: 'ca', path: 'ca.crt' }] } },
    { name: 'token', secret: { secretName: 'join' } },
    { name: 'spool', persistentVolumeClaim: { claimName: 'spool' } },
    { name: 'state', emptyDir: { medium: 'Memory' } },
  ],
};
const of = (spec: PodSpec): Deployment => ({
  metadata: { name: 'io-member', namespace: 'io-member' },
  spec: { template: { spec } },
});
const [container] = podSpec.containers;
const withContainer = (change: object): Deployment =>
  of({ ...podSpec, containers: [{ ...container, ...change }] });
const withVolume = (volume: object): Deployment =>
  of({ ...podSpec, volumes: [...(podSpec.volumes ?? []), { name: 'more', ...volume }] });

const references = {
  configMaps: new Map([['hub', { ca: 'PEM', other: 'x' }]]),
  secrets: new Map([['join', { token: 'secret' }]]),
};
const places = { directory: '/run/a', persistentDirectory: '/run/spool/a' };
const local = (deployment: Deployment) => localPod(deployment, references, places);

describe('the pod of an agent as a process', () => {
  test('flags point to where things are mounted here, the deepest mount first', () => {
    expect(local(of(podSpec)).args).toEqual([
      'agent',
      '--hub-url=https://hub:443',
      '--hub-ca-file=/run/a/volumes/hub/ca.crt',
      '--join-token-file=/run/a/volumes/token/token',
      '--spool-directory=/run/spool/a',
      '--state-directory=/run/a/volumes/state',
    ]);
  });

  test('a path that only begins like a mount stays', () => {
    expect(local(withContainer({ args: ['agent', '--x=/run/io-other'] })).args).toEqual([
      'agent',
      '--x=/run/io-other',
    ]);
  });

  test('the program of the image is not an argument', () => {
    const command = ['/usr/local/bin/io-operator'];
    expect(local(withContainer({ command, args: ['agent'] })).args).toEqual(['agent']);
  });

  test('only the items that are asked for are files', () => {
    const { files, directories } = local(of(podSpec));
    expect(files).toEqual([
      { path: '/run/a/volumes/hub/ca.crt', text: 'PEM' },
      { path: '/run/a/volumes/token/token', text: 'secret' },
    ]);
    expect(directories).toContain('/run/spool/a');
    expect(directories).toContain('/run/a/volumes/state');
  });

  test('the environment is filled in', () => {
    const { env } = local(of(podSpec));
    expect(env).toEqual({ LEVEL: 'info', WHERE: 'io-member', PASSWORD: 'secret' });
  });

  test('what it refers to, each once', () => {
    expect(referencesOf(of(podSpec))).toEqual({ configMaps: ['hub'], secrets: ['join', 'gone'] });
  });

  const refused: readonly [string, Deployment, RegExp][] = [
    ['a second container', of({ ...podSpec, containers: [{}, {}] }), /2 containers/],
    ['a volume of another kind', withVolume({ hostPath: { path: '/' } }), /more.*kind/],
    ['a Secret that is missing', withVolume({ secret: { secretName: 'no' } }), /no Secret no/],
    [
      'a key that is missing',
      withVolume({ configMap: { name: 'hub', items: [{ key: 'no', path: 'no' }] } }),
      /ConfigMap hub has no key no/,
    ],
    [
      'a mount without a volume',
      withContainer({ volumeMounts: [{ name: 'no', mountPath: '/no' }] }),
      /no volume no/,
    ],
    [
      'a variable of another kind',
      withContainer({
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      }),
      /variable IP/,
    ],
  ];
  test.each(refused)('%s is refused', (_, deployment, message) => {
    expect(() => local(deployment)).toThrow(message);
  });

  test('what is optional may be missing', () => {
    const { files } = local(withVolume({ secret: { secretName: 'no', optional: true } }));
    expect(files).toHaveLength(2);
  });
});
