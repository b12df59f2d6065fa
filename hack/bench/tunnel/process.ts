import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** In a process of a bench: what it was told. */
export const readInput = async <T>(): Promise<T> => JSON.parse(await text(process.stdin)) as T;

/** In a process of a bench: it is ready, and says where. */
export const sayReady = (facts: object): void => {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
};

/** Runs a file until it is stopped; it is ready when this resolves. */
export async function startPart(
  file: URL,
  input: object,
): Promise<Readonly<{ said: unknown; stop: () => Promise<void> }>> {
  const child = spawn(process.execPath, [fileURLToPath(file)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(input));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() =>
      Promise.reject(new Error(`${file.pathname} ended before it was ready`)),
    ),
  ])) as [string];
  const stop = async (): Promise<void> => {
    const gone = once(child, 'exit');
    if (child.kill()) await gone;
  };
  return { said: JSON.parse(line), stop };
}
