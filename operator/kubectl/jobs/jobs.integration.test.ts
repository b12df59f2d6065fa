import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { testCluster } from '../../testing/api-server/test-cluster.ts';
import { eventually } from '../../testing/eventually.ts';
import { RayGateway } from '../../testing/kubectl/ray-gateway.ts';
import { type Renter, renterOf } from '../../testing/kubectl/renter.ts';
import { type Running, type Said, Typist } from '../../testing/kubectl/typed.ts';

/** Jobs as a renter types them, over real TLS, with a token of a real API server. */
let typist: Typist;
let renter: Renter;
let ray: RayGateway;
let folder: string;
let gatewayFlags: string;

beforeAll(async () => {
  [typist, folder] = await Promise.all([Typist.start(), mkdtemp(join(tmpdir(), 'work-'))]);
  renter = await renterOf(testCluster());
});

beforeEach(async () => {
  await ray?.stop();
  ray = await RayGateway.start(`${renter.namespace}/first`);
  ray.accepted.add(renter.token);
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, ray.caPem);
  gatewayFlags = `--gateway=${ray.url} --gateway-ca=${ca}`;
});

afterAll(async () => {
  await Promise.all([typist?.stop(), ray?.stop(), renter?.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** `kubectl io …` with the gateway's flags put before the job's own words. */
function start(line: string, kubeconfig = renter.kubeconfig): Running {
  const [mine = '', job] = line.split(' -- ');
  const words = `io ${mine} ${gatewayFlags}`.split(' ');
  return typist.type(job === undefined ? words : [...words, '--', ...job.split(' ')], kubeconfig);
}

const say = (line: string, kubeconfig?: string): Promise<Said> => start(line, kubeconfig).ended;

async function must(line: string): Promise<Said> {
  const said = await say(line);
  expect({ line, ...said }).toEqual({ line, ...said, code: 0 });
  return said;
}

const submitted = () =>
  eventually(
    () => {
      const [job] = [...ray.jobs.values()];
      if (job === undefined) throw new Error('nothing was submitted');
      return job;
    },
    { withinMs: 30_000 },
  );

describe('jobs submit', () => {
  test('sends the folder, writes the log as it comes, and ends with the exit code of the job', async () => {
    const work = join(folder, 'one');
    await mkdir(work);
    await writeFile(join(work, 'train.py'), 'print(1)');
    await writeFile(join(work, '.gitignore'), 'data');
    await writeFile(join(work, 'data'), 'x'.repeat(1_000));
    const running = start(
      `jobs submit first --working-dir ${work} --metadata team=a --entrypoint-num-gpus 1 -- python train.py --lr 0.1`,
    );
    const job = await submitted();
    expect(job).toMatchObject({
      entrypoint: 'python train.py --lr 0.1',
      metadata: { team: 'a' },
      entrypoint_num_gpus: 1,
    });
    const uri = String(job.runtime_env?.['working_dir']);
    expect(uri).toMatch(/^gcs:\/\/_ray_pkg_[0-9a-f]{40}\.zip$/);
    const archive = ray.packages.get(uri.slice('gcs://'.length));
    expect(Object.keys(unzipSync(archive ?? Buffer.alloc(0))).sort()).toEqual([
      '.gitignore',
      'train.py',
    ]);
    ray.log(job.submission_id, 'epoch 1\n');
    await eventually(() => expect(running.stdout()).toBe('epoch 1\n'));
    ray.log(job.submission_id, 'epoch 2\n');
    ray.end(job.submission_id, 'FAILED', 7);
    const said = await running.ended;
    expect(said).toMatchObject({ code: 7, stdout: 'epoch 1\nepoch 2\n' });
    expect(said.stderr).toContain('is sent: 2 files');
    expect(said.stderr).toContain(`job ${job.submission_id}: failed. Job is FAILED`);
    // No progress where there is no terminal.
    expect(said.stderr).not.toContain('\u001b');
    // The same folder is not sent again.
    await must(`jobs submit first --no-wait --working-dir ${work} -- python train.py`);
    expect(ray.seen.filter((each) => each.startsWith('PUT '))).toHaveLength(1);
  });

  test('prints the id when nobody waits, and starts one job where the answer is lost', async () => {
    ray.loseSubmission = true;
    const { stdout, stderr } = await must('jobs submit first --no-wait -- echo hello');
    expect([...ray.jobs.keys()]).toEqual([stdout.trim()]);
    expect(stderr).toContain(`kubectl io logs first --job ${stdout.trim()} --follow`);
  });

  test('tells which part of an old log comes again when the gateway is killed', async () => {
    const running = start('jobs submit first --submission-id mine -- python x.py');
    await submitted();
    ray.log('mine', 'one\ntwo\n');
    await eventually(() => expect(running.stdout()).toBe('one\ntwo\n'), { withinMs: 30_000 });
    ray.faults.push({ path: '/logs/tail', status: 503, times: 2 });
    ray.breakTails();
    ray.log('mine', 'three\n');
    await eventually(() => expect(running.stdout()).toBe('one\ntwo\nthree\n'), {
      withinMs: 30_000,
    });
    ray.log('mine', 'four\n');
    ray.end('mine', 'SUCCEEDED', 0);
    expect(await running.ended).toMatchObject({ code: 0, stdout: 'one\ntwo\nthree\nfour\n' });
  });

  test('says how to come back when the person goes', async () => {
    const running = start('jobs submit first --submission-id long -- sleep 1000');
    await eventually(() => expect(ray.tails).toBe(1), { withinMs: 30_000 });
    running.child.kill('SIGINT');
    const said = await running.ended;
    expect(said.code).toBe(1);
    expect(said.stderr).toContain('kubectl io logs first --job long --follow');
    expect(ray.jobs.get('long')?.status).toBe('RUNNING');
  });

  test('tells what Ray says of a job that it does not take', async () => {
    ray.job('taken');
    const said = await say('jobs submit first --submission-id taken -- x');
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('ValueError: Job with submission_id taken exists');
    expect(said.stderr).not.toContain('Traceback');
  });
});

describe('jobs', () => {
  test('are listed, in the order in which they began', async () => {
    ray.job('b', { status: 'SUCCEEDED', driver_exit_code: 0, entrypoint: 'python b.py' });
    ray.job('a', { entrypoint: 'evil\u001b[2J' });
    const { stdout } = await must('jobs list first');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ID +STATUS +STARTED +DURATION +EXIT +ENTRYPOINT$/);
    expect(lines[1]).toMatch(/^b +SUCCEEDED .* 0 +python b.py$/);
    expect(lines[2]).toMatch(/^a +RUNNING .*evil \[2J$/);
    expect((await must('jobs list first -o name')).stdout).toBe('job/b\njob/a\n');
    const { items } = JSON.parse((await must('jobs list first -o json')).stdout);
    expect(items).toMatchObject([{ submission_id: 'b' }, { submission_id: 'a' }]);
  });

  test('have logs: of the newest, of one, of one that is gone', async () => {
    ray.job('old', { log: 'old log\n', status: 'SUCCEEDED' });
    ray.job('new', { log: 'new log\n', status: 'SUCCEEDED' });
    expect((await must('logs first')).stdout).toBe('new log\n');
    expect((await must('jobs logs first --job old -f')).stdout).toBe('old log\n');
    const said = await say('logs first --job none');
    expect(said).toMatchObject({ code: 1 });
    expect(said.stderr).toContain('there is no job none: kubectl io jobs list first');
  });

  test('of many megabytes arrive whole', async () => {
    const log = `${'0123456789abcdef'.repeat(64)}\n`.repeat(8_000);
    ray.job('big', { log, status: 'SUCCEEDED' });
    const { stdout } = await must('logs first --follow');
    expect(stdout.length).toBe(log.length);
    expect(stdout === log).toBe(true);
    expect((await must('logs first')).stdout === log).toBe(true);
  });

  test('are stopped', async () => {
    ray.job('it');
    expect((await must('jobs stop first it')).stdout).toBe('job it is being stopped\n');
    expect((await must('jobs stop first it')).stdout).toBe('job it was not running\n');
    expect(await say('jobs stop first none')).toMatchObject({ code: 1 });
  });
});

test('all of it goes through HTTPS_PROXY where there is one', async () => {
  ray.job('far', { log: 'far away\n', status: 'SUCCEEDED' });
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(request.url ?? '');
    const to = connect(Number(new URL(ray.url).port), '127.0.0.1');
    socket.on('error', () => to.destroy());
    to.on('error', () => socket.destroy());
    to.once('connect', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      to.pipe(socket).pipe(to);
    });
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  const words = `io logs first --follow ${gatewayFlags}`;
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '' };
  const said = await typist.type(words, renter.kubeconfig, undefined, env).ended;
  proxy.close();
  expect(said).toMatchObject({ code: 0, stdout: 'far away\n' });
  // The list of jobs, and the websocket.
  expect(asked.length).toBeGreaterThanOrEqual(2);
  expect(new Set(asked)).toEqual(new Set([new URL(ray.url).host]));
});

describe('a refusal says what to do', () => {
  test('of a token that expired', async () => {
    ray.accepted.clear();
    const said = await say('jobs list first');
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain('the token is not known');
    expect(said.stderr).toContain('log in again');
    expect(said.stderr).not.toContain(renter.token);
  });

  test('of a person without the right, and of a cluster that is not ready', async () => {
    ray.faults.push(
      { path: '/jobs/', status: 403, times: 1 },
      { path: '/x/', status: 409, times: 1 },
    );
    const { stderr } = await say('jobs list first');
    expect(stderr).toContain('kubectl auth can-i create ioclusters/first --subresource=proxy');
  });

  test('of a gateway that is away: reading is tried again, and ends', async () => {
    ray.faults.push({ path: '/jobs/', status: 502, times: 2 });
    await must('jobs list first');
    ray.faults.push({ path: '/jobs/', status: 504, times: 100 });
    const said = await say('jobs list first');
    expect(said.stderr).toContain('kubectl io status first says more');
  });

  test('of a certificate that nobody here trusts', async () => {
    gatewayFlags = `--gateway=${ray.url}`;
    const said = await say('jobs list first');
    expect(said.stderr).toMatch(/does not answer: .*certificate/);
    expect(said.stderr).toContain('--gateway-ca');
    expect(ray.seen).toEqual([]);
  });

  test('of a kubeconfig without a token; a ServiceAccount can take its place', async () => {
    const admin = testCluster().adminKubeconfigPath;
    const said = await say(`jobs list first -n ${renter.namespace}`, admin);
    expect(said.stderr).toContain('--service-account NAME');
    const asAccount = `jobs list first -n ${renter.namespace} --service-account ${renter.account}`;
    // A token that was made for this call: the stand-in does not know it.
    const other = await say(asAccount, admin);
    expect(other.stderr).toContain('the token is not known');
    expect(ray.lastHeaders['authorization']).toMatch(/^Bearer ey/);
    expect(ray.lastHeaders['authorization']).not.toBe(`Bearer ${renter.token}`);
  });
});
