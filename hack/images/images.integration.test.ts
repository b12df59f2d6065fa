import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentProgress } from '../federation/progress.ts';
import { ensure, pathOf, type Recipe } from './cached.ts';
import { command } from './command.ts';
import { writeImage, writeLayer } from './oci.ts';
import { unpackImage } from './unpack.ts';

let directory: string;
const cache = process.env['IO_OPERATOR_CACHE'];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'io-images-'));
  process.env['IO_OPERATOR_CACHE'] = join(directory, 'cache');
});
afterEach(() => {
  if (cache === undefined) delete process.env['IO_OPERATOR_CACHE'];
  else process.env['IO_OPERATOR_CACHE'] = cache;
  rmSync(directory, { recursive: true, force: true });
});

/** A layer of these files. */
async function layerOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(directory, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync('a', join(folder, 'link'));
  const layer = join(directory, `${name}.layer`);
  await writeLayer(layer, folder, { without: ['skipped/*'] });
  return layer;
}

test('an image unpacks to its layers over one another, without what was left out', async () => {
  const lower = await layerOf('lower', { a: 'lower', b: 'lower', 'skipped/c': 'c' });
  const upper = await layerOf('upper', { b: 'upper' });
  const archive = join(directory, 'image.tar');
  const image = { name: 'example.test/image:1', layers: [lower, upper], config: { User: '1000' } };
  await writeImage(archive, directory, image);
  const folder = join(directory, 'unpacked');
  mkdirSync(folder);
  await unpackImage(archive, folder);
  const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
  expect([text('a'), text('b'), text('link')]).toEqual(['lower', 'upper', 'lower']);
  expect(existsSync(join(folder, 'skipped/c'))).toBe(false);
});

test('the same files give the same layer, whenever they were written', async () => {
  const [one, two] = [await layerOf('one', { a: 'x' }), await layerOf('two', { a: 'x' })];
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  const other = await layerOf('other', { a: 'y' });
  expect(readFileSync(one).equals(readFileSync(other))).toBe(false);
});

const recipe = (inputs: readonly string[], make: Recipe['make']): Recipe => ({
  ...{ folder: 'images', name: 'thing', inputs, typicalSeconds: 1, make },
});

test('what a recipe makes is made once, and anew when what it is made of changes', async () => {
  let made = 0;
  const make = (path: string): Promise<void> => {
    made += 1;
    writeFileSync(path, 'made');
    return Promise.resolve();
  };
  const paths = await Promise.all([
    ensure(recipe(['a'], make), silentProgress),
    ensure(recipe(['a'], make), silentProgress),
  ]);
  expect(made).toBe(1);
  expect(new Set(paths).size).toBe(1);
  expect(await ensure(recipe(['b'], make), silentProgress)).not.toBe(paths[0]);
  expect(made).toBe(2);
});

test('a recipe that fails leaves nothing that would be taken for what it makes', async () => {
  const failing = recipe(['c'], (path, scratch) => {
    writeFileSync(path, 'half');
    writeFileSync(join(scratch, 'x'), 'x');
    return Promise.reject(new Error('no network'));
  });
  await expect(ensure(failing, silentProgress)).rejects.toThrow('no network');
  const path = pathOf(failing);
  expect([path, `${path}.part`, `${path}.scratch`].filter((each) => existsSync(each))).toEqual([]);
});

test('a program that fails or takes too long is an error with the end of what it said', async () => {
  const script = (text: string, withinMs: number): Promise<string> =>
    command('/bin/sh', ['-c', text], { withinMs });
  await expect(script('echo one; echo two >&2; exit 3', 5_000)).rejects.toThrow(
    /ended with 3:\n(one\ntwo|two\none)/,
  );
  await expect(script('exec sleep 60', 100)).rejects.toThrow(/took longer than 0\.1 s/);
});
