import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { GatewayWorld, rayToken } from '../../../api/testing/gateway-world.ts';
import { eventually } from '../../testing/eventually.ts';
import { RayGateway } from '../../testing/kubectl/ray-gateway.ts';
import { type Said, Typist } from '../../testing/kubectl/typed.ts';

/** Jobs through the real gateway, tunnel and agent to the Jobs API of a head. */
let typist: Typist;
let world: GatewayWorld;
let ray: RayGateway;
let folder: string;

beforeAll(async () => {
  [typist, folder] = await Promise.all([Typist.start(), mkdtemp(join(tmpdir(), 'through-'))]);
  ray = await RayGateway.start('none');
  world = await GatewayWorld.start({
    http: (request, response) => void ray.head(request, response),
    onHttp: (server) => server.on('upgrade', ray.headUpgrade),
  });
  await writeFile(join(folder, 'ca.pem'), world.ca);
  for (const name of ['alice', 'bob']) {
    const text = stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'hub' },
      // Nothing here asks the hub itself.
      clusters: [{ name: 'hub', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name, user: { token: name } }],
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: name, namespace: 'team-a' } }],
    });
    await writeFile(join(folder, name), text);
  }
}, 60_000);

afterAll(async () => {
  await typist?.stop();
  await Promise.all([ray?.stop(), world?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

function start(line: string, as = 'alice', job: readonly string[] = []) {
  const flags = ['--gateway', world.url, '--gateway-ca', join(folder, 'ca.pem')];
  const words = ['io', ...line.split(' '), ...flags, ...(job.length > 0 ? ['--', ...job] : [])];
  return typist.type(words, join(folder, as));
}

const say = (line: string, as?: string): Promise<Said> => start(line, as).ended;

test('a job with a folder runs to its end', async () => {
  const work = join(folder, 'work');
  await mkdir(work);
  // Larger than one window of HTTP/2, and not to be packed small.
  const noise = Buffer.from(
    Array.from({ length: 3 * 2 ** 20 }, (_, i) => (i * 2_654_435_761) >>> 24),
  );
  await writeFile(join(work, 'noise'), noise);
  const job = ['python', 'train.py'];
  const running = start(`jobs submit llm --working-dir ${work} --submission-id j1`, 'alice', job);
  await eventually(() => expect(ray.jobs.has('j1')).toBe(true), { withinMs: 30_000 });
  expect(ray.packages.size).toBe(1);
  // The person's token ends at the gateway; the agent adds that of Ray.
  expect(ray.lastHeaders['authorization']).toBe(`Bearer ${rayToken}`);
  ray.log('j1', 'one\n');
  await eventually(() => expect(running.stdout()).toBe('one\n'), { withinMs: 30_000 });
  ray.log('j1', 'two\n');
  ray.end('j1', 'FAILED', 3);
  expect(await running.ended).toMatchObject({ code: 3, stdout: 'one\ntwo\n' });
});

test('jobs are listed, read and stopped', async () => {
  ray.job('j2', { log: 'the log\n' });
  expect((await say('jobs list llm -o name')).stdout).toContain('job/j2\n');
  expect(await say('logs llm --job j2')).toMatchObject({ code: 0, stdout: 'the log\n' });
  expect(await say('jobs stop llm j2')).toMatchObject({ code: 0 });
  expect((await say('logs llm --job none')).stderr).toContain('there is no job none');
});

test('a person without the right is refused, and told how to ask', async () => {
  const { code, stderr } = await say('jobs list llm', 'bob');
  expect(code).toBe(1);
  expect(stderr).toMatch(/kubectl (auth can-i|io status)/);
});

test('a cluster that does not run is told with its own message', async () => {
  world.places.set('team-a/waits', {
    ...{ lease: undefined, ready: false, reason: 'NotAdmitted', message: 'No device is free.' },
  });
  world.reviews.allow('alice', 'team-a/waits');
  const { code, stderr } = await say('jobs list waits');
  expect(code).toBe(1);
  expect(stderr).toContain('No device is free.');
  expect(stderr).toContain('kubectl io status waits');
});
