import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { entrypointOf } from './entrypoint.ts';
import { exitCodeOf, idOf, isOver, newestOf, parseJob, parseJobs } from './job.ts';
import { submissionId } from './jobs-api.ts';
import { packDirectory } from './package.ts';
import { excludesOf, readRuntimeEnv } from './runtime-env.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubectl-io-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

test.each([
  [['python', 'train.py', '--epochs', '3'], 'python train.py --epochs 3'],
  [['python a.py && echo done'], 'python a.py && echo done'],
  [['echo', 'a b', "it's", '$HOME', ''], `echo 'a b' 'it'\\''s' '$HOME' ''`],
])('the entrypoint %j is %s', (words, expected) => expect(entrypointOf(words)).toBe(expected));

describe('a job', () => {
  const job = { type: 'SUBMISSION', submission_id: 's', status: 'FAILED', entrypoint: 'x' };
  test.each([
    ['SUCCEEDED', null, 0],
    ['FAILED', 3, 3],
    ['FAILED', 0, 1],
    ['FAILED', null, 1],
    ['FAILED', -9, 1],
    ['STOPPED', null, 1],
  ])('that %s with %s ends with exit code %d', (status, code, expected) => {
    const found = parseJob({ ...job, status, driver_exit_code: code });
    expect([isOver(found), exitCodeOf(found)]).toEqual([true, expected]);
  });

  test('keeps what newer versions of Ray tell, and has to be one', () => {
    expect(parseJob({ ...job, attempt_number: 1 })).toMatchObject({ attempt_number: 1 });
    expect(() => parseJob({ ...job, status: 'LOST' })).toThrow('Jobs API does not: status: ');
    expect(() => parseJobs({})).toThrow('Jobs API does not');
  });

  test('that was submitted last is the one meant', () => {
    const jobs = parseJobs([
      { ...job, submission_id: 'a', start_time: 1 },
      { ...job, submission_id: 'b', start_time: 3 },
      { ...job, type: 'DRIVER', submission_id: null, job_id: '01', start_time: 9 },
      { ...job, submission_id: 'c', start_time: 2 },
    ]);
    expect(newestOf(jobs)?.submission_id).toBe('b');
    expect(jobs.map(idOf)).toEqual(['a', 'b', '01', 'c']);
    expect(newestOf([])).toBeUndefined();
  });

  test('has an id that no other has', () => {
    const ids = new Set(Array.from({ length: 1_000 }, submissionId));
    expect(ids.size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^raysubmit_[a-zA-Z2-9]{16}$/);
  });
});

describe('a working directory', () => {
  async function packed(excludes?: readonly string[]) {
    const { open, ...rest } = await packDirectory(folder, excludes);
    const files = unzipSync(await buffer(open()));
    const text = Object.entries(files).map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString(),
    ]);
    return { ...rest, text: Object.fromEntries(text) as Record<string, string> };
  }

  test('is sent but for what is ignored, folder by folder', async () => {
    await write({
      ...{ 'main.py': 'print(1)', 'lib/a.py': 'a', 'lib/skip.txt': 's', 'skip.txt': 'kept' },
      ...{ '.gitignore': 'data/\n*.log\n', 'lib/.rayignore': 'skip.txt\n', 'x.log': 'l' },
      ...{ 'data/big.bin': 'b', '.git/HEAD': 'h', 'lib/__pycache__/a.pyc': 'p', 'tests/t.py': 't' },
    });
    const { text, files, skipped, name } = await packed(['tests']);
    expect(text).toEqual({
      ...{ '.gitignore': 'data/\n*.log\n', 'main.py': 'print(1)', 'lib/a.py': 'a' },
      ...{ 'lib/.rayignore': 'skip.txt\n', 'skip.txt': 'kept' },
    });
    expect([files, skipped]).toEqual([5, []]);
    expect(name).toMatch(/^_ray_pkg_[0-9a-f]{40}\.zip$/);
  });

  test('has the name of what is in it', async () => {
    await write({ 'main.py': 'one', 'b.py': 'b' });
    const first = await packed();
    await write({ 'main.py': 'one' });
    expect((await packed()).name).toBe(first.name);
    await write({ 'main.py': 'two' });
    expect((await packed()).name).not.toBe(first.name);
  });

  test('has no file of elsewhere, wherever a link leads', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'kubectl-io-'));
    try {
      await writeFile(join(outside, 'secret'), 'secret');
      await write({ 'main.py': 'm' });
      await symlink(join(outside, 'secret'), join(folder, 'stolen'));
      await symlink(outside, join(folder, 'away'));
      await symlink(folder, join(folder, 'loop'));
      await symlink(join(folder, 'none'), join(folder, 'broken'));
      await symlink('main.py', join(folder, 'same.py'));
      const { text, skipped } = await packed();
      expect(text).toEqual({ 'main.py': 'm', 'same.py': 'm' });
      expect([...skipped].sort()).toEqual(['away', 'broken', 'loop', 'stolen']);
    } finally {
      await rm(outside, { recursive: true, force: true });
    }
  });

  test('has to be a folder', async () => {
    await expect(packDirectory(join(folder, 'none'))).rejects.toThrow(
      'must be a folder that exists',
    );
  });
});

describe('a runtime_env', () => {
  test('brings the files that it names', async () => {
    await write({
      'env.yaml': 'working_dir: src\npip: reqs.txt\nconda: conda.yml\nexcludes: [a]\n',
      'reqs.txt': 'torch==2.9.0\n# comment\n\nnumpy\n',
      'conda.yml': 'dependencies: [python]\n',
    });
    const { env, directory } = await readRuntimeEnv({ runtimeEnv: join(folder, 'env.yaml') });
    expect(env).toEqual({
      ...{ pip: ['torch==2.9.0', 'numpy'], conda: { dependencies: ['python'] }, excludes: ['a'] },
    });
    expect(directory).toBe(join(folder, 'src'));
    expect(excludesOf(env)).toEqual(['a']);
  });

  test('takes a folder that is told beside it, and leaves a URL alone', async () => {
    const url = 's3://bucket/code.zip';
    expect(await readRuntimeEnv({ runtimeEnvJson: `{"working_dir": "${url}"}` })).toEqual({
      ...{ env: { working_dir: url }, directory: undefined },
    });
    const both = {
      runtimeEnvJson: '{"working_dir": "a", "env_vars": {"A": "1"}}',
      workingDir: 'b',
    };
    expect(await readRuntimeEnv(both)).toEqual({ env: { env_vars: { A: '1' } }, directory: 'b' });
    expect(await readRuntimeEnv({})).toEqual({ env: {}, directory: undefined });
  });

  test.each([
    [{ runtimeEnvJson: '[]' }, 'must be a map'],
    [{ runtimeEnvJson: '{' }, 'cannot be read'],
    [{ runtimeEnvJson: '{"py_modules": ["lib"]}' }, 'put them into the --working-dir'],
    [{ runtimeEnvJson: '{"working_dir": 1}' }, 'must be a folder or a URL'],
    [{ runtimeEnvJson: '{}', runtimeEnv: 'x' }, 'exclude each other'],
  ])('is refused: %j', async (options, message) => {
    await expect(readRuntimeEnv(options)).rejects.toThrow(message);
  });

  test('has excludes that are a list', () => {
    expect(() => excludesOf({ excludes: 'a' })).toThrow('must be a list');
  });
});
