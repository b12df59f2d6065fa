import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { withFixture } from '../../browser/fixture.ts';
import type { Vitals } from '../../browser/vitals.ts';
import { visit } from '../../browser/visit.ts';
import { createProgress } from '../../federation/progress.ts';
import type { BenchContext } from '../bench.ts';
import { quantile } from '../statistics.ts';

const VISITS = 7;
const KIB = 1024;
const FIRST_VIEW = '/';
const HEAVIEST_VIEW = '/explorer';

type Load = Readonly<{ vitals: Vitals; gzipBytes: number; files: number }>;

/** What the first look at the console costs: bytes on the wire, and what a person waits for. */
export async function consoleLoad(context: BenchContext): Promise<void> {
  await withFixture(createProgress(), async ({ browser, server: { url } }) => {
    const first = await loads(context, browser, url, FIRST_VIEW);
    const explorer = await loads(context, browser, url, HEAVIEST_VIEW);
    const [load] = first;
    if (load === undefined) throw new Error('nothing was loaded');
    const { gzipBytes, files } = load;
    context.figures.add({
      ...{ name: 'console_first_load_kib_gzip', value: gzipBytes / KIB, unit: 'KiB', n: files },
      note: `HTML, scripts and styles of ${FIRST_VIEW}, each compressed with gzip -6; answers of the API left out`,
    });
    const timing = (name: string, unit: string, of: (vitals: Vitals) => number): void => {
      const of50 = (list: readonly Load[]): number =>
        quantile(
          list.map(({ vitals }) => of(vitals)),
          0.5,
        );
      context.figures.add({
        ...{ name, unit, value: of50(first), n: first.length },
        note:
          `median of ${first.length} first visits of ${FIRST_VIEW} without a cache, in a headless Chromium ` +
          `beside its server; ${HEAVIEST_VIEW} with its map: ${of50(explorer).toPrecision(3)} ${unit}`.trim(),
      });
    };
    timing('console_interactive_ms', 'ms', ({ interactiveMs }) => interactiveMs);
    timing('console_lcp_ms', 'ms', ({ largestContentfulPaintMs }) => largestContentfulPaintMs);
    timing('console_tbt_ms', 'ms', ({ totalBlockingMs }) => totalBlockingMs);
    timing('console_cls', '', ({ cumulativeLayoutShift }) => cumulativeLayoutShift);
  });
}

async function loads(
  { say }: BenchContext,
  browser: Browser,
  origin: string,
  path: string,
): Promise<readonly Load[]> {
  say(`${VISITS} first visits of ${path}`);
  const list: Load[] = [];
  // The first one starts the browser's own processes, and does not count.
  for (let n = 0; n <= VISITS; n += 1) list.push(await visitOnce(browser, origin, path));
  return list.slice(1);
}

async function visitOnce(browser: Browser, origin: string, path: string): Promise<Load> {
  const somebody = await visit(browser, { origin, scripts: ['__look.observe()'] });
  const sizes: Promise<number>[] = [];
  somebody.page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.includes('/console/')) return;
    sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  try {
    await somebody.open(path);
    const vitals = await somebody.page.evaluate<Vitals>('__look.vitals()');
    const bytes = await Promise.all(sizes);
    return { vitals, files: bytes.length, gzipBytes: bytes.reduce((sum, each) => sum + each, 0) };
  } finally {
    await somebody.close();
  }
}
