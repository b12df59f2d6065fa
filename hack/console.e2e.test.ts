import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { firstViewBytes } from './console-size.ts';

const folder = 'dist/console';
/** What the issue allows for the first view. */
const firstViewLimit = 200_000;
/** A page that somebody opens by its address brings its own parts too. */
const anyViewLimit = 235_000;

describe('the built console', () => {
  beforeAll(() => {
    execFileSync(process.execPath, ['hack/console.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }, 180_000);

  test('the first view is small', async () => {
    const bytes = await firstViewBytes(folder, 'src/app/start-page.tsx');
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(firstViewLimit);
  });

  test('so is each page that is opened by its address', async () => {
    const manifest = readFileSync(`${folder}/manifest.json`, 'utf8');
    const pages = [...new Set(manifest.match(/src\/\w+\/[\w-]+-page\.tsx/g))].filter((page) =>
      manifest.includes(`"${page}": {`),
    );
    expect(pages.length).toBeGreaterThan(20);
    const sizes = await Promise.all(
      pages.map(async (page) => ({ page, bytes: await firstViewBytes(folder, page) })),
    );
    expect(sizes.filter(({ bytes }) => bytes > anyViewLimit)).toEqual([]);
  });

  test('nothing is inline and nothing is of another site', () => {
    const html = readFileSync(`${folder}/index.html`, 'utf8');
    expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\son\w+=|style="/);
    const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((url) => !url.startsWith('/console/assets/'))).toEqual([]);
  });

  test('no source and no path of the machine is in it', () => {
    const files = globSync(`${folder}/assets/*`);
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    const telling = files.filter((file) => readFileSync(file, 'utf8').includes(process.cwd()));
    expect(telling).toEqual([]);
  });
});
