import { spawn } from 'node:child_process';

/** `make verify`: everything that needs no cluster, each step's output shown only when it fails. */
const steps: readonly (readonly [string, string, ...string[]])[] = [
  ['format', 'biome', 'format', '.'],
  ['types', 'tsc', '-p', '.'],
  ['console types', 'tsc', '-p', 'api/console'],
  ['in-page types', 'tsc', '-p', 'hack/browser/in-page'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  [
    'layers',
    'depcruise',
    '--config',
    '.dependency-cruiser.mjs',
    'operator',
    'api',
    'crds/schema',
    'hack',
  ],
  ['dead code', 'knip'],
  ['tidy', 'node', 'hack/tidy.ts'],
  ['generated files', 'node', 'hack/generate-crds.ts', '--check'],
  ['client', 'node', 'hack/generate-client.ts', '--check'],
  ['charts', 'node', 'hack/generate-charts.ts', '--check'],
  ['program layouts', 'node', 'hack/generate-program.ts', '--check'],
];

type Outcome = { code: number; output: string };

function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

let failed = 0;
for (const [name, command, ...args] of steps) {
  const started = performance.now();
  const { code, output } = await run(command, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`verify: ${name.padEnd(16)} ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (code !== 0) {
    failed += 1;
    console.log(output);
  }
}
console.log(`verify: ${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
