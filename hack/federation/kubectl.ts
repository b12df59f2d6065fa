import { spawn } from 'node:child_process';
import { binaryPath } from './cache.ts';

const OUTPUT_LIMIT = 4 * 1024 ** 2;
const ENDS_WITHIN_MS = 120_000;

/** What kubectl said; `code` is its exit status. */
export type KubectlResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * Runs the kubectl that belongs to the clusters, as a person would. A refusal is a result, not an
 * error. `input` is its stdin, for `-f -`.
 */
export function kubectl(
  kubeconfigPath: string,
  args: readonly string[],
  input = '',
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(binaryPath('kubectl'), [`--kubeconfig=${kubeconfigPath}`, ...args], {
      stdio: 'pipe',
      timeout: ENDS_WITHIN_MS,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout = (stdout + chunk).slice(-OUTPUT_LIMIT)));
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk).slice(-OUTPUT_LIMIT)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** The output of a kubectl that must succeed; otherwise an error with what it said. */
export async function mustKubectl(
  kubeconfigPath: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { code, stdout, stderr } = await kubectl(kubeconfigPath, args, input);
  if (code === 0) return stdout;
  throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
}
