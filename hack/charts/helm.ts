import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { binaryPath } from '../federation/cache.ts';
import type { Manifest } from '../federation/kube-api.ts';
import { checkoutDirectory } from '../federation/paths.ts';

const run = promisify(execFile);
const WITHIN_MS = 180_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 ** 2;

export type ChartName = 'io-hub' | 'io-member';
export type Release = Readonly<{
  chart: ChartName;
  name: string;
  namespace: string;
  values: object;
}>;

/** The real helm for one test file: nothing of the person's own, and nothing that is kept. */
export class Helm {
  readonly #directory: string;
  readonly #kubeconfigPath: string;
  #files = 0;

  /** Without a kubeconfig it knows no cluster. */
  constructor(directory: string, kubeconfigPath = '/dev/null') {
    this.#directory = directory;
    this.#kubeconfigPath = kubeconfigPath;
  }

  /** What it printed; throws with what it has against it. */
  async run(...args: readonly string[]): Promise<string> {
    const folders = Object.fromEntries(
      ['CACHE', 'CONFIG', 'DATA'].map((kind) => [
        `HELM_${kind}_HOME`,
        join(this.#directory, `helm-${kind.toLowerCase()}`),
      ]),
    );
    const { stdout } = await run(binaryPath('helm'), args, {
      timeout: WITHIN_MS,
      maxBuffer: OUTPUT_LIMIT_BYTES,
      env: { ...process.env, ...folders, KUBECONFIG: this.#kubeconfigPath },
    });
    return stdout;
  }

  /** What a chart makes, hooks too. */
  async template({ chart, name, namespace, values }: Release): Promise<readonly Manifest[]> {
    const text = await this.run(
      ...['template', name, chartPath(chart), `--namespace=${namespace}`],
      this.valuesFlag(values),
    );
    return manifestsIn(text);
  }

  /** `--values` with these in a file. */
  valuesFlag(values: object): string {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#files += 1;
    const path = join(this.#directory, `values-${this.#files}.yaml`);
    // Helm reads YAML 1.1, in which yes and NO are booleans.
    writeFileSync(path, stringify(values, { version: '1.1' }), { mode: 0o600 });
    return `--values=${path}`;
  }
}

export const chartPath = (chart: ChartName): string => join(checkoutDirectory, 'charts', chart);

/** All objects of a text of several documents. */
export const manifestsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
