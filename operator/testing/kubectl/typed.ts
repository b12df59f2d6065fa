import { type ChildProcess, execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { binaryPath } from '../../../hack/federation/cache.ts';
import { checkoutDirectory } from '../../../hack/federation/paths.ts';

export type Said = Readonly<{ code: number; stdout: string; stderr: string }>;

/** A line that runs. */
export type Running = Readonly<{
  /** What it has said so far. */
  stdout: () => string;
  stderr: () => string;
  child: ChildProcess;
  ended: Promise<Said>;
}>;

/** A folder where kubectl finds `kubectl-io`, as a person has it in the PATH. */
export class Typist {
  readonly folder: string;
  #running = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<Typist> {
    const folder = await mkdtemp(join(tmpdir(), 'kubectl-io-'));
    const main = join(checkoutDirectory, 'operator/kubectl/bin.ts');
    for (const [name, more] of [
      ['kubectl-io', ''],
      ['kubectl_complete-io', '__complete '],
    ] as const) {
      const plugin = join(folder, name);
      await writeFile(plugin, `#!/bin/sh\nexec '${process.execPath}' '${main}' ${more}"$@"\n`);
      await chmod(plugin, 0o755);
    }
    return new Typist(folder);
  }

  /** Types `kubectl …`; words are split at spaces. */
  type(
    line: string | readonly string[],
    kubeconfig: string,
    input?: string,
    more: Readonly<Record<string, string>> = {},
  ): Running {
    const PATH = `${this.folder}${delimiter}${process.env['PATH']}`;
    const env = { ...process.env, PATH, KUBECONFIG: kubeconfig, NODE_OPTIONS: '', ...more };
    const args = typeof line === 'string' ? line.split(' ') : [...line];
    let [stdout, stderr] = ['', ''];
    let end: (said: Said) => void = () => {};
    const ended = new Promise<Said>((resolve) => (end = resolve));
    const options = { env, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(binaryPath('kubectl'), args, options, (error, out, err) => {
      this.#running.delete(child);
      end({ code: error === null ? 0 : Number(error.code ?? 1), stdout: out, stderr: err });
    });
    this.#running.add(child);
    child.stdout?.on('data', (chunk: string) => (stdout += chunk));
    child.stderr?.on('data', (chunk: string) => (stderr += chunk));
    child.stdin?.end(input);
    return { stdout: () => stdout, stderr: () => stderr, child, ended };
  }

  async stop(): Promise<void> {
    for (const child of this.#running) child.kill('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}
