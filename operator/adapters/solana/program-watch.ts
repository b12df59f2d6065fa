import { WebSocket } from 'ws';
import { exponentialMs, jitteredMs } from '../../runtime/backoff.ts';
import type { Clock, Random } from '../../runtime/clock.ts';

export type ProgramWatchOptions = Readonly<{
  /** Of the RPC nodes over HTTP; a failing one is followed by the next. */
  urls: readonly string[];
  programId: string;
  changed: (address: string) => void;
  clock: Clock;
  random: Random;
}>;

const pause = { baseMs: 250, maximumMs: 30_000 };
/** A connection that says nothing to a ping for so long is dead. */
const pingMs = 15_000;
const maxMessageBytes = 1024 * 1024;

/** Subscribes to the accounts of a program, again and again, until the returned function is called. */
export function watchProgram(options: ProgramWatchOptions): () => void {
  const watch = new ProgramWatch(options);
  watch.connect();
  return () => watch.stop();
}

class ProgramWatch {
  readonly #options: ProgramWatchOptions;
  #socket: WebSocket | undefined;
  #cancelTimer = (): void => undefined;
  #failures = 0;
  #node = 0;
  #stopped = false;

  constructor(options: ProgramWatchOptions) {
    this.#options = options;
  }

  connect(): void {
    const { urls } = this.#options;
    const url = urls[this.#node % urls.length] ?? '';
    const socket = new WebSocket(socketUrl(url), { maxPayload: maxMessageBytes });
    this.#socket = socket;
    socket.on('open', () => {
      socket.send(subscription(this.#options.programId));
      this.#ping(socket);
    });
    socket.on('message', (data: Buffer) => this.#read(data.toString()));
    // What went wrong does not matter: the connection is closed after it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#again());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#socket?.terminate();
  }

  #read(text: string): void {
    const address = changedAddress(text);
    if (address === undefined) return;
    this.#failures = 0;
    this.#options.changed(address);
  }

  #ping(socket: WebSocket): void {
    let alive = true;
    socket.on('pong', () => {
      alive = true;
      this.#failures = 0;
    });
    const next = (): void => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
      this.#cancelTimer = this.#options.clock.setTimeout(next, pingMs);
    };
    next();
  }

  #again(): void {
    this.#cancelTimer();
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    const ms = jitteredMs(exponentialMs(this.#failures, pause), random);
    this.#failures += 1;
    this.#node += 1;
    this.#cancelTimer = clock.setTimeout(() => this.connect(), ms);
  }
}

function subscription(programId: string): string {
  // The address is all we want: what an account holds is read with the agreement of the nodes.
  const config = {
    commitment: 'confirmed',
    encoding: 'base64',
    dataSlice: { offset: 0, length: 0 },
  };
  return JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'programSubscribe',
    params: [programId, config],
  });
}

function changedAddress(text: string): string | undefined {
  try {
    const message = JSON.parse(text) as {
      method?: unknown;
      params?: { result?: { value?: { pubkey?: unknown } } };
    };
    const address = message.params?.result?.value?.pubkey;
    return message.method === 'programNotification' && typeof address === 'string'
      ? address
      : undefined;
  } catch {
    return undefined;
  }
}

/** As Solana's own clients derive it: the next port where the URL names one, else the same host. */
function socketUrl(url: string): string {
  const socket = new URL(url);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  if (socket.port !== '') socket.port = String(Number(socket.port) + 1);
  return socket.href;
}
