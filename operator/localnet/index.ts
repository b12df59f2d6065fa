import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Logger, silentLogger } from '../runtime/logger.ts';
import { Chain } from './chain/chain.ts';
import type { Genesis } from './chain/chain-time.ts';
import type { Program } from './chain/engine.ts';
import { Journal } from './chain/journal.ts';
import type { Faults } from './faults.ts';
import { type HttpLimits, httpServer } from './http-server.ts';
import { Subscriptions } from './rpc/subscriptions.ts';
import { type SocketLimits, SocketServer } from './socket-server.ts';

export type { Call, Fault, Faults } from './faults.ts';

const defaultSlotMs = 400;
const pairsTried = 50;

/** At each limit a client gets an error that names it. */
export type LocalnetLimits = HttpLimits &
  SocketLimits &
  Readonly<{ batch: number; transactions: number }>;

const defaultLimits: LocalnetLimits = {
  bodyBytes: 512 * 1024,
  requests: 512,
  batch: 256,
  connections: 256,
  subscriptionsPerConnection: 1_000,
  messageBytes: 64 * 1024,
  queuedBytes: 16 * 1024 * 1024,
  transactions: 100_000,
};

export type LocalnetOptions = Readonly<{
  /** Of HTTP; the websocket has the next one, as with a validator. Default: any free pair. */
  port?: number;
  /** Where the chain is kept. Default: it goes with the process. */
  directory?: string;
  programs?: readonly Program[];
  /** Default 400, as on mainnet. */
  slotMs?: number;
  clock?: Clock;
  /** The chain's time and slots only move by warps. Default: they move with the clock. */
  manual?: boolean;
  /** Default: known to this process only, so that no two chains are alike. */
  seed?: Uint8Array;
  faults?: Faults;
  limits?: Partial<LocalnetLimits>;
  logger?: Logger;
}>;

/** A running chain of one node. */
export type Localnet = Readonly<{
  /** JSON-RPC over HTTP. */
  url: string;
  wsUrl: string;
  /** Moves the chain's time; slots pass with it, and blockhashes expire. */
  warp: (by: Readonly<{ seconds: number } | { slots: number }>) => Promise<void>;
  /** Throws away all slots that are not finalized; returns the signatures that were in them. */
  fork: () => Promise<readonly string[]>;
  close: () => Promise<void>;
}>;

/** Starts a chain on the loopback interface, from its directory or anew. */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const { clock = systemClock, logger = silentLogger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { chain, journal } = await openChain(options, clock, limits.transactions);
  const subscriptions = new Subscriptions(chain);
  const http = httpServer(
    { node: { chain }, clock, logger, faults: options.faults, maximumBatch: limits.batch },
    limits,
  );
  const sockets = await listenOnPair(options.port ?? 0, http, (port) =>
    SocketServer.listen(port, subscriptions, limits),
  ).catch(async (error: unknown) => {
    await http.close();
    await journal?.close();
    throw error;
  });
  const pulse =
    options.manual === true ? still : startPulse(clock, chain, () => subscriptions.tick());
  const { port } = http.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  logger.info(
    { url, slot: chain.time.slot(), genesis: chain.time.genesisHash() },
    'localnet starts',
  );
  return {
    url,
    wsUrl: `ws://127.0.0.1:${sockets.port}`,
    warp: (by) => chain.warp(by),
    fork: async () => (await chain.fork()).map(({ signature }) => signature),
    close: async () => {
      pulse.stop();
      await Promise.all([http.close(), sockets.close()]);
      await journal?.close();
      logger.info({}, 'localnet stopped');
    },
  };
}

async function openChain(options: LocalnetOptions, clock: Clock, historyLimit: number) {
  const opened =
    options.directory === undefined ? undefined : await Journal.open(options.directory);
  const records = opened?.records ?? [];
  const [first] = records;
  const genesis: Genesis =
    first?.kind === 'genesis'
      ? first.genesis
      : {
          seed: options.seed ?? randomBytes(32),
          startMs: clock.now(),
          slotMs: options.slotMs ?? defaultSlotMs,
        };
  const journal = opened?.journal;
  const programs = options.programs ?? [];
  const now = (): number => (options.manual === true ? genesis.startMs : clock.now());
  const chain = new Chain({ genesis, now, programs, records, journal, historyLimit });
  await chain.durable;
  return { chain, journal };
}

/** Clients derive the websocket's port from HTTP's: it is the next one. */
async function listenOnPair(
  port: number,
  http: ReturnType<typeof httpServer>,
  sockets: (port: number) => Promise<SocketServer>,
): Promise<SocketServer> {
  if (port !== 0) {
    const server = await sockets(port + 1);
    await http.listen({ host: '127.0.0.1', port }).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    return server;
  }
  // The websocket gets any free port; the one below it is free as a rule.
  for (let tried = 0; ; tried += 1) {
    const server = await sockets(0);
    try {
      await http.listen({ host: '127.0.0.1', port: server.port - 1 });
      return server;
    } catch (error) {
      await server.close();
      if (tried === pairsTried) throw error;
    }
  }
}

type Pulse = Readonly<{ stop: () => void }>;

/** Of a chain whose slots do not pass by themselves. */
const still: Pulse = { stop: () => undefined };

/** Calls `beat` at the beginning of each slot. */
function startPulse(clock: Clock, chain: Chain, beat: () => void): Pulse {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.setTimeout(() => {
      beat();
      next();
    }, chain.time.untilNextSlotMs());
  };
  next();
  return { stop: () => cancel() };
}
