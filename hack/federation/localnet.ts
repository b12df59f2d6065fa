import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Components } from './components.ts';
import { checkoutDirectory } from './paths.ts';
import { reservePortPair } from './ports.ts';

const READY_WITHIN_MS = 30_000;
const ASK_WITHIN_MS = 30_000;
const COMPONENT = 'localnet';

export type LocalnetServerOptions = {
  /** A program in SBF, and the address that it has on the chain. */
  readonly program?: {
    readonly path: string;
    readonly address: string;
    /** Who may initialize it. */
    readonly authority: string;
  };
  /** Milliseconds of a slot, default 400. */
  readonly slotMs?: number;
};

/** A Solana chain of one node, for a federation, tests or a bench. */
export type LocalnetServer = {
  /** JSON-RPC over HTTP. */
  readonly url: string;
  /** The websocket, on the next port. */
  readonly wsUrl: string;
  /** Moves the chain's time. */
  warp(seconds: number): Promise<void>;
  /** Ends the node as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and chain; returns when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Runs `io-operator localnet` as a component of `directory`; the chain lives there too. */
export async function startLocalnetServer(
  directory: string,
  { program, slotMs }: LocalnetServerOptions = {},
): Promise<LocalnetServer> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const port = await reservePortPair(directory);
  const components = new Components(directory);
  const url = `http://127.0.0.1:${port}`;
  await components.launch([
    {
      name: COMPONENT,
      command: process.execPath,
      args: [
        // Its engine is a native package, which a bundle elsewhere would not find.
        join(checkoutDirectory, 'operator', 'main.ts'),
        'localnet',
        `--port=${port}`,
        `--data=${join(directory, 'chain')}`,
        ...(program === undefined
          ? []
          : [
              `--program=${program.path}`,
              `--program-id=${program.address}`,
              `--program-authority=${program.authority}`,
            ]),
        ...(slotMs === undefined ? [] : [`--slot-ms=${slotMs}`]),
      ],
      env: { NODE_OPTIONS: '' },
      ready: { url: `${url}/health` },
      readyWithinMs: READY_WITHIN_MS,
    },
  ]);
  return {
    url,
    wsUrl: `ws://127.0.0.1:${port + 1}`,
    warp: (seconds) => warp(url, seconds),
    kill: () => components.kill(COMPONENT),
    start: () => components.start(COMPONENT),
    stop: () => components.stop(COMPONENT),
  };
}

async function warp(url: string, seconds: number): Promise<void> {
  const call = { jsonrpc: '2.0', id: 1, method: 'localnet_warp', params: [{ seconds }] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
    signal: AbortSignal.timeout(ASK_WITHIN_MS),
  });
  const answer = (await response.json()) as { error?: { message: string } };
  if (answer.error !== undefined) throw new Error(`localnet_warp: ${answer.error.message}`);
}
