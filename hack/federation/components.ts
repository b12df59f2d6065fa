import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  isRunning,
  killProcess,
  logTail,
  runningIdentity,
  startProcess,
  stopProcess,
} from './process.ts';

const POLL_MS = 100;
const PROBE_TIMEOUT_MS = 2_000;

/**
 * A request that answers 200 when a component is ready, or `tcp://host:port`, which takes connections
 * then. TLS files are paths; all three or none.
 */
export type ReadyProbe = {
  readonly url: string;
  readonly tls?: { readonly ca: string; readonly certificate: string; readonly key: string };
};

/** Everything needed to start one component, now or again after it was stopped or killed. */
export type ComponentSpec = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of the process that starts the component. */
  readonly env?: Readonly<Record<string, string>>;
  readonly ready: ReadyProbe;
  readonly readyWithinMs: number;
};

/** A component that runs. */
export type RunningComponent = { readonly name: string; readonly pid: number };

/**
 * The processes of one cluster. What they are stands in `components.json`, what runs in a record
 * per process, so another process can attach to the same directory and go on.
 */
export class Components {
  readonly directory: string;
  readonly #file: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#file = join(directory, 'components.json');
  }

  /** Adds components and starts them at the same time; returns when all are ready. */
  async launch(specs: readonly ComponentSpec[]): Promise<void> {
    this.#add(specs);
    await Promise.all(specs.map(({ name }) => this.start(name)));
  }

  /** Adds components and starts them; `start` waits until one is ready, which may need a person. */
  async begin(specs: readonly ComponentSpec[]): Promise<void> {
    this.#add(specs);
    await Promise.all(specs.map((spec) => this.#run(spec)));
  }

  #add(specs: readonly ComponentSpec[]): void {
    const names = new Set(specs.map(({ name }) => name));
    const others = this.specs().filter(({ name }) => !names.has(name));
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(`${this.#file}.part`, JSON.stringify([...others, ...specs], null, 2));
    renameSync(`${this.#file}.part`, this.#file);
  }

  /** All components that were ever launched here, in the order of their launch. */
  specs(): readonly ComponentSpec[] {
    if (!existsSync(this.#file)) return [];
    return JSON.parse(readFileSync(this.#file, 'utf8')) as ComponentSpec[];
  }

  /** Starts a component as it was launched, on the same ports, and waits until it is ready. */
  async start(name: string): Promise<void> {
    const spec = this.#spec(name);
    await this.#run(spec);
    await this.#waitReady(spec);
  }

  /** Stops a component in order and returns when its process is gone. */
  async stop(name: string): Promise<void> {
    await stopProcess(this.recordPath(this.#spec(name).name));
  }

  /** Ends a component as a crash would (SIGKILL) and returns when its process is gone. */
  async kill(name: string): Promise<void> {
    await killProcess(this.recordPath(this.#spec(name).name));
  }

  /** What runs now. */
  running(): readonly RunningComponent[] {
    return this.specs().flatMap(({ name }) => {
      const identity = runningIdentity(this.recordPath(name));
      return identity === undefined ? [] : [{ name, pid: identity.pid }];
    });
  }

  recordPath(name: string): string {
    return join(this.directory, `${name}.process`);
  }

  logPath(name: string): string {
    return join(this.directory, 'logs', `${name}.log`);
  }

  async #run({ name, command, args, env = {} }: ComponentSpec): Promise<void> {
    const recordPath = this.recordPath(name);
    if (isRunning(recordPath)) return;
    await startProcess({ command, args, env, recordPath, logPath: this.logPath(name) });
  }

  #spec(name: string): ComponentSpec {
    const spec = this.specs().find((candidate) => candidate.name === name);
    if (spec !== undefined) return spec;
    const known = this.specs().map((candidate) => candidate.name);
    throw new Error(`${this.directory} has no component ${name}, only ${known.join(', ')}`);
  }

  async #waitReady(spec: ComponentSpec): Promise<void> {
    const deadline = performance.now() + spec.readyWithinMs;
    let last = 'no answer';
    for (;;) {
      last = await probe(spec.ready);
      if (last === 'ready') return;
      const ended = !isRunning(this.recordPath(spec.name));
      if (ended || performance.now() > deadline) {
        const what = ended
          ? 'ended before it was ready'
          : `is not ready after ${spec.readyWithinMs} ms`;
        const log = this.logPath(spec.name);
        throw new Error(`${spec.name} ${what} (${last}). The end of ${log}:\n${logTail(log)}`);
      }
      await delay(POLL_MS);
    }
  }
}

/** 'ready', or what stood in the way. */
function probe(ready: ReadyProbe): Promise<string> {
  return ready.url.startsWith('tcp:') ? probeTcp(new URL(ready.url)) : probeHttp(ready);
}

function probeTcp({ hostname, port }: URL): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: PROBE_TIMEOUT_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve('ready');
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.once('error', (error) => resolve(error.message));
  });
}

function probeHttp({ url, tls }: ReadyProbe): Promise<string> {
  return new Promise((resolve) => {
    const files =
      tls === undefined
        ? {}
        : {
            ca: readFileSync(tls.ca),
            cert: readFileSync(tls.certificate),
            key: readFileSync(tls.key),
          };
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, { agent: false, timeout: PROBE_TIMEOUT_MS, ...files }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'ready' : `status ${response.statusCode}`);
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (error) => resolve(error.message));
    request.end();
  });
}
