import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binaryPath } from './cache.ts';
import { checkoutDirectory } from './paths.ts';
import { writePrivate } from './pki.ts';

const run = promisify(execFile);
const RENDERED_WITHIN_MS = 60_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 ** 2;

export type ChartRelease = {
  readonly chart: 'io-hub' | 'io-member';
  readonly release: string;
  readonly namespace: string;
  /** YAML or JSON; the last one wins. */
  readonly values: readonly string[];
  /** A private folder: values and what is rendered may hold a token. */
  readonly directory: string;
};

/** Renders a chart with the real helm, without its hooks, into one file; returns its path. */
export async function renderChart(options: ChartRelease): Promise<string> {
  const { chart, release, namespace, values, directory } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = values.map((text, index) => {
    const path = join(directory, `values-${index}.yaml`);
    writePrivate(path, text);
    return path;
  });
  const { stdout } = await run(
    binaryPath('helm'),
    [
      ...['template', release, join(checkoutDirectory, 'charts', chart)],
      ...[`--namespace=${namespace}`, '--no-hooks', '--include-crds'],
      ...files.map((path) => `--values=${path}`),
    ],
    {
      timeout: RENDERED_WITHIN_MS,
      maxBuffer: OUTPUT_LIMIT_BYTES,
      // Nothing of the person's own helm, and nothing that is kept.
      env: { ...process.env, ...helmFolders(directory), KUBECONFIG: '/dev/null' },
    },
  );
  const path = join(directory, `${chart}.yaml`);
  writePrivate(path, stdout);
  return path;
}

const helmFolders = (directory: string): Record<string, string> =>
  Object.fromEntries(
    ['CACHE', 'CONFIG', 'DATA'].map((kind) => [
      `HELM_${kind}_HOME`,
      join(directory, `helm-${kind.toLowerCase()}`),
    ]),
  );
